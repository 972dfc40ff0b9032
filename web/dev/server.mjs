// SPDX-License-Identifier: Apache-2.0
// A node for development only: answers the contract of docs/formats/http-api.md with made-up data, and
// serves dist/ as the node does. Nothing of it is built into the app. Usage: npm run mock [PORT]
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { routes } from './routes.mjs';
import { subscribe } from './world.mjs';

const port = Number(process.argv[2] ?? 8080);
const dist = new URL('../dist/', import.meta.url).pathname;
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

function send(response, status, body, type = 'application/json', headers = {}) {
  response.writeHead(status, { 'Content-Type': type, ...headers });
  response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
}
const login_of = (request) => /salus_session=([a-z0-9.]+)/.exec(request.headers.cookie ?? '')?.[1];

async function body_of(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text ? JSON.parse(text) : {};
}

async function file(path, response) {
  const name = path === '/' || !extname(path) ? 'index.html' : path;
  try {
    const bytes = await readFile(join(dist, name));
    const headers = { 'Content-Security-Policy': policy };
    if (name.endsWith('verify.html')) headers['Content-Disposition'] = 'attachment';
    send(response, 200, bytes, types[extname(name)] ?? 'application/octet-stream', headers);
  } catch {
    send(response, 404, 'not found', 'text/plain');
  }
}

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (!url.pathname.startsWith('/api/v1/')) return file(url.pathname, response);
  const path = url.pathname.slice('/api/v1'.length);
  if (path === '/events') {
    if (!login_of(request)) return send(response, 401, { error: { code: 'unauthenticated', message: 'Log in first.' } });
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const stop = subscribe((id, name, data) => response.write(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`));
    request.on('close', stop);
    return undefined;
  }
  const body = request.method === 'POST' ? await body_of(request) : {};
  for (const [method, pattern, answer] of routes) {
    const match = request.method === method && pattern.exec(path);
    if (!match) continue;
    const asked = { parts: match.slice(1).map(decodeURIComponent), query: url.searchParams, body, login: login_of(request) };
    const { status = 200, json, text, headers } = await answer(asked);
    return send(response, status, text ?? json ?? '', 'application/json', headers);
  }
  return send(response, 404, { error: { code: 'not_found', message: `No route ${path}` } });
}).listen(port, '127.0.0.1', () => console.log(`mock node: http://127.0.0.1:${port}`));
