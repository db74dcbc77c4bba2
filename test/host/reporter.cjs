// eslint-disable-next-line @typescript-eslint/no-require-imports -- see below
const { reporters } = require('mocha');

/**
 * Shows a Mocha run as `spec` does and also writes it as Mocha's `json` reporter does, to the file in the option `output`.
 * The file is written when the run ends: a run that dies before leaves none. CommonJS, because Mocha takes a reporter only
 * as what a module is, not as one of its exports.
 */
module.exports = class SpecAndJson extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    new reporters.JSON(runner, options);
  }
};
