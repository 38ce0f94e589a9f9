require('cdk-rotating-secret');
const loadedByConstructs = Object.keys(require.cache).some((file) => /cdk-rotating-secret.testing/.test(file));
const { rehearse } = require('cdk-rotating-secret/testing');

let accepted;
const target = {
  setSecret: async ({ pending }) => { accepted.add(pending.value); },
  testSecret: async ({ pending }) => {
    if (!accepted.has(pending.value)) { throw new Error('refused'); }
  },
};
const options = {
  secret() {
    accepted = new Set(['first-value']);
    return 'first-value';
  },
};

async function main() {
  const module = await import('cdk-rotating-secret/testing');
  const { findings } = await rehearse(target, options);
  console.log(JSON.stringify({ loadedByConstructs, imported: module.rehearse === rehearse, findings }));
}

void main();
