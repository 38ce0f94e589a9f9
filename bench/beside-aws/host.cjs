'use strict';

// What Lambda's Node.js runtime is to a function: one event a line on standard input, one reply a line on descriptor 3.
const { writeSync } = require('node:fs');
const { join } = require('node:path');

const { LAMBDA_TASK_ROOT, TIMEOUT_MS } = process.env;
const { handler } = require(join(LAMBDA_TASK_ROOT, 'index.js'));

const reply = (answer) => writeSync(3, `${JSON.stringify(answer)}\n`);

async function run(line) {
  const deadline = Date.now() + Number(TIMEOUT_MS);
  try {
    await handler(JSON.parse(line), { awsRequestId: '1', getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) });
    reply({});
  } catch (error) {
    reply({ errorType: error.name, errorMessage: error.message });
  }
}

let text = '';
process.stdin.on('data', (chunk) => {
  const lines = (text + chunk).split('\n');
  text = lines.pop();
  for (const line of lines) { void run(line); }
});
reply({ ready: true });
