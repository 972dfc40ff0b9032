// SPDX-License-Identifier: Apache-2.0
// A whole Salus as ./run starts it: broker, node, devices, in a folder that is thrown away.
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../../..');
export const program = join(root, 'build/release/salus');
const recordings = resolve(root, '../shared/data/bidmc');
const start_patience_ms = 60_000;
const stop_patience_ms = 20_000;

/// Recordings of 8 minutes last 2 minutes at this speed: the walks that need live values come first.
const speed = 4;
const report_seconds = 60;

function free_port() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

const ended = (child) => child.exitCode !== null || child.signalCode !== null;

export class Node {
  static async start() {
    const node = new Node();
    const start = performance.now();
    node.recorded = existsSync(recordings);
    node.folder = mkdtempSync(join(tmpdir(), 'salus-browser-'));
    node.port = await free_port();
    node.address = `http://127.0.0.1:${node.port}`;
    const patients = node.recorded ? ['--replay', recordings] : ['--patients', '4'];
    node.child = spawn(
      program,
      ['up', '--data', join(node.folder, 'data'), '--port', String(node.port), '--web', join(root, 'web/dist'),
        '--speed', String(speed), '--report-seconds', String(report_seconds), ...patients],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const log = createWriteStream(join(node.folder, 'up.log'));
    node.child.stdout.pipe(log, { end: false });
    node.child.stderr.pipe(log, { end: false });
    await node.ready();
    console.log(`the node is ready after ${((performance.now() - start) / 1_000).toFixed(1)} s`);
    return node;
  }

  async ready() {
    const until = performance.now() + start_patience_ms;
    while (performance.now() < until) {
      if (ended(this.child)) throw new Error(`salus up ended: ${this.log()}`);
      const answer = await fetch(`${this.address}/readyz`).catch(() => null);
      if (answer?.ok) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`the node is not ready after ${start_patience_ms / 1_000} s: ${this.log()}`);
  }

  log() {
    return readFileSync(join(this.folder, 'up.log'), 'utf8').slice(-2_000);
  }

  /// The node's own process, not its supervisor, which starts it again.
  pid() {
    return JSON.parse(readFileSync(join(this.folder, 'data/pids.json'), 'utf8')).node;
  }
  signal(name) {
    const pid = this.pid();
    process.kill(pid, name);
    return pid;
  }

  async stop() {
    if (!ended(this.child)) {
      const over = new Promise((done) => this.child.once('exit', done));
      this.child.kill('SIGTERM');
      const late = setTimeout(() => this.child.kill('SIGKILL'), stop_patience_ms);
      await over;
      clearTimeout(late);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
