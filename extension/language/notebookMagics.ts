/** Lines such as `%matplotlib inline` and `!pip install` become comments of the same length. */
export function withoutMagics(code: string): string {
  return code.replace(/^([ \t]*)[%!]/gm, '$1#');
}
