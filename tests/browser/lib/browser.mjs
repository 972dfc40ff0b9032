// SPDX-License-Identifier: Apache-2.0
// Chromium, and people in it: each person has a browser context, so a session, of their own.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './node.mjs';

const require = createRequire(join(root, 'web/package.json'));
const { chromium } = require('playwright-core');

export const password = 'salus-demo';
const patience_ms = 20_000;

export const launch = () =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });

/// Faults that no page may have: script errors, and what the content security policy stopped.
export const page_faults = [];

function watch(page) {
  page.setDefaultTimeout(patience_ms);
  page.on('pageerror', (error) => page_faults.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy/i.test(message.text())) page_faults.push(message.text());
  });
}

export class World {
  constructor(node, browser) {
    this.node = node;
    this.browser = browser;
    this.people = new Map();
  }

  async context(options = {}) {
    const context = await this.browser.newContext({
      baseURL: this.node.address,
      viewport: { width: 1440, height: 900 },
      colorScheme: 'light',
      locale: 'en-GB',
      acceptDownloads: true,
      ...options,
    });
    context.setDefaultTimeout(patience_ms);
    context.on('page', watch);
    return context;
  }

  /// Somebody without a session.
  async stranger(options) {
    const context = await this.context(options);
    return { context, page: await context.newPage(), api: api_of(context, this.node.address) };
  }

  /// Somebody who signed in before this walk; the sign-in form has a walk of its own.
  async person(login) {
    const known = this.people.get(login);
    if (known) return known;
    const person = await this.stranger();
    const answer = await person.api.post('/login', { login, password });
    if (answer.status !== 200) throw new Error(`${login} cannot sign in: ${answer.status} ${answer.text}`);
    person.me = answer.json;
    this.people.set(login, person);
    return person;
  }

  /// Sessions end with the node that held them.
  async sign_all_out() {
    for (const { context } of this.people.values()) await context.close();
    this.people.clear();
  }

  /// The patient whom the walks follow, and the login of the doctor who answers for them.
  async followed() {
    if (this.followed_patient) return this.followed_patient;
    const nurse = await this.person('nurse.kim');
    const ward = await nurse.api.get('/ward');
    const entry = ward.json.items.find((each) => each.name === 'Recording 32') ?? ward.json.items[0];
    const patient = (await nurse.api.get(`/patients/${entry.id}`)).json;
    const { demo_logins: logins } = (await nurse.api.get('/info')).json;
    const login_of = (name) => logins.find((each) => each.name === name).login;
    this.followed_patient = {
      id: patient.id, name: patient.name, bed: patient.bed, login: login_of(patient.name),
      doctor: { ...patient.doctor, login: login_of(patient.doctor.name) },
    };
    return this.followed_patient;
  }
}

/// The API with the cookie of a context, for what a page must not be able to do either.
function api_of(context, address) {
  const ask = async (method, path, data) => {
    const answer = await context.request.fetch(`${address}/api/v1${path}`, {
      method, data, headers: { 'X-Salus': '1', 'Content-Type': 'application/json' },
    });
    const text = await answer.text();
    return { status: answer.status(), text, json: /^\s*[{[]/.test(text) ? JSON.parse(text) : null };
  };
  return { get: (path) => ask('GET', path), post: (path, body = {}) => ask('POST', path, body) };
}
