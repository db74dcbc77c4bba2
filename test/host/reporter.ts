import { reporters, type MochaOptions, type Runner } from 'mocha';

/**
 * Shows a Mocha run as `spec` does and also writes it as Mocha's `json` reporter does, to the file in the option `output`.
 * The file is written when the run ends: a run that dies before leaves none.
 */
export class SpecAndJson extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    new reporters.JSON(runner, options);
  }
}
