const { TestEnvironment } = require('jest-environment-node');

/** Skips the rest of a file after a failed test. One failure kills a mutant, and failures are slow to print. */
module.exports = class StopAtFailure extends TestEnvironment {
  failed = false;

  handleTestEvent(event) {
    if (event.name === 'test_fn_failure' || event.name === 'hook_failure') { this.failed = true; }
    if (event.name === 'test_start' && this.failed) { event.test.mode = 'skip'; }
  }
};
