'use strict';

// A new execution environment: loads a handler and prints the time, then runs one event and prints the time. Nothing else is loaded.
const { join } = require('node:path');

const { LAMBDA_TASK_ROOT, EVENT } = process.env;
const { handler } = require(join(LAMBDA_TASK_ROOT, 'index.js'));
const ready = performance.timeOrigin + performance.now();
const context = { awsRequestId: '1', getRemainingTimeInMillis: () => 30_000 };

const end = () => process.stdout.write(`\n${JSON.stringify({ ready, replied: performance.timeOrigin + performance.now(), memory: process.memoryUsage().rss })}\n`);
if (EVENT) {
  handler(JSON.parse(EVENT), context).then(end);
} else {
  end();
}
