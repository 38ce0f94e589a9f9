// The longest tests go first: a jest process gets slower with each file, and they would take twice as long at its end.
const Sequencer = require('@jest/test-sequencer').default;

const FIRST = ['/test/proof/', '/test/rehearsal/'];

module.exports = class extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => FIRST.some((folder) => path.includes(folder)) ? 0 : 1;
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
};
