/** What the colours of a sample's curves stand for: `— temperature — humidity`. */
import { h, show } from './dom.ts';
import { type ReadSample, SAMPLE_VIEWS } from './samples.ts';

export class SampleKey {
  readonly element = h('span', { class: 'sample-key' });

  show(sample: ReadSample): void {
    const entries = SAMPLE_VIEWS[sample.kind].key?.(sample) ?? [];
    show(this.element, entries.length > 0);
    this.element.replaceChildren(
      ...entries.map(({ label, color }) => {
        const entry = h('span', {}, label);
        // VS Code's own themes have a transparent orange; the curves are drawn without its transparency.
        if (color !== undefined) entry.style.setProperty('--tone', `rgb(from var(--vscode-${color}) r g b / 1)`);
        return entry;
      }),
    );
  }
}
