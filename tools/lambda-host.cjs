'use strict';

// Replaces Lambda's Node.js runtime: it loads the handler that _HANDLER names from LAMBDA_TASK_ROOT, then runs one invocation after the other.
// They come over the IPC channel of the process. Plain JavaScript, so that the function shares its process only with this file.

const { join } = require('node:path');

const { LAMBDA_TASK_ROOT, _HANDLER } = process.env;
const { AWS_LAMBDA_FUNCTION_NAME, AWS_LAMBDA_FUNCTION_VERSION, AWS_LAMBDA_FUNCTION_MEMORY_SIZE } = process.env;
const { AWS_LAMBDA_LOG_GROUP_NAME, AWS_LAMBDA_LOG_STREAM_NAME } = process.env;

function loadHandler() {
  const dot = _HANDLER.lastIndexOf('.');
  const handler = require(join(LAMBDA_TASK_ROOT, _HANDLER.slice(0, dot)))[_HANDLER.slice(dot + 1)];
  if (typeof handler !== 'function') { throw new TypeError(`${_HANDLER} is not a function`); }
  return handler;
}

function contextOf({ requestId, functionArn, deadlineMs }) {
  return {
    awsRequestId: requestId,
    invokedFunctionArn: functionArn,
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

/** Writes an error of the handler to the log, as the runtime does. */
function logError({ requestId }, { name, message, stack }) {
  process.stdout.write(`${JSON.stringify({
    timestamp: new Date().toISOString(),
    level: 'ERROR',
    requestId,
    message: { errorType: name, errorMessage: message, stackTrace: String(stack).split('\n') },
  })}\n`);
}

async function run(handler, invocation) {
  try {
    return { result: await handler(invocation.event, contextOf(invocation)) };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    logError(invocation, error);
    return { errorType: error.name, errorMessage: error.message };
  }
}

const environment = Object.keys(process.env);
const start = performance.now();
const handler = loadHandler();

process.on('message', async (invocation) => {
  const answer = await run(handler, invocation);
  // The channel may be faster than the output. The mark in each stream shows where the output of the invocation ends.
  process.stdout.write(`${invocation.endMark}\n`);
  process.stderr.write(`${invocation.endMark}\n`);
  process.send({ type: 'answer', ...answer });
});
process.on('disconnect', () => process.exit());
process.send({ type: 'ready', loadMs: performance.now() - start, environment });
