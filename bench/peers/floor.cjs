'use strict';

// The least that every handler needs: one signed HTTP request, with Node.js's own modules only.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
const { createHash, createHmac } = require('node:crypto');
const { request: plain } = require('node:http');
const { request: secure } = require('node:https');

const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL_SECRETS_MANAGER } = process.env;
const hash = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

exports.handler = async ({ SecretId }) => {
  const url = new URL(AWS_ENDPOINT_URL_SECRETS_MANAGER);
  const body = JSON.stringify({ SecretId });
  const date = new Date().toISOString().replace(/[:-]|\.\d+/g, '');
  const scope = `${date.slice(0, 8)}/${AWS_REGION}/secretsmanager/aws4_request`;
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'host': url.host, 'x-amz-date': date, 'x-amz-target': 'secretsmanager.DescribeSecret' };
  const names = Object.keys(headers).sort();
  const canonical = ['POST', '/', '', ...names.map((name) => `${name}:${headers[name]}`), '', names.join(';'), hash(body)].join('\n');
  const key = ['aws4_request', 'secretsmanager', AWS_REGION, date.slice(0, 8)].reduceRight(hmac, `AWS4${AWS_SECRET_ACCESS_KEY}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', date, scope, hash(canonical)].join('\n')).toString('hex');
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${AWS_ACCESS_KEY_ID}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  await new Promise((resolve, reject) => {
    (url.protocol === 'https:' ? secure : plain)(url, { method: 'POST', headers }, (response) => {
      response.resume().once('end', () => { response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`)); });
    }).once('error', reject).end(body);
  });
};
