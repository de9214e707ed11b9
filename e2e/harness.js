// Starts the demo in a folder of its own and drives it with headless Chromium.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

export const program = process.env.PLACET_BIN ?? '../target/release/placet';

/** The demo hospital, running. `people` keeps it small where size does not matter. */
export async function startDemo(people = 1500) {
  const folder = mkdtempSync(join(tmpdir(), 'placet-e2e-'));
  const data = join(folder, 'demo');
  const args = ['demo', '--json', '--listen', '127.0.0.1:0', '--people', String(people), '--folder', data];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const line = await Promise.race([
    new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    ended.then((code) => { throw new Error(`the demo ended with ${code} before it served`); }),
  ]);
  const told = JSON.parse(line);
  return {
    ...told,
    data,
    /** Stops it as an administrator would and waits until it has ended. */
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
    clean() { rmSync(folder, { recursive: true, force: true }); },
  };
}

/** Runs one command of the program; gives status and output. */
export function run(...args) {
  const done = spawnSync(program, args, { encoding: 'utf8' });
  return { status: done.status, out: done.stdout, err: done.stderr };
}

export async function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
}

/** A page of a fresh browser profile that fails on script errors and foreign requests. */
export async function openPage(browser, demo, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options,
  });
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(`script: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) {
      page.faults.push(`console: ${message.text()}`);
    }
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(demo.url) && !url.startsWith('data:')) page.faults.push(`foreign: ${url}`);
  });
  return page;
}

export async function signIn(browser, demo, login, options = {}) {
  const page = await openPage(browser, demo, options);
  await page.goto(`${demo.url}/sign-in`);
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', demo.password);
  await page.click('main button');
  await page.waitForURL(`${demo.url}/`);
  return page;
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const EVERY_RULE = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** The rules whose answer depends on colours. */
export const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** What axe finds on the page by `rules` (names or tags), one line a finding. The page's own
 *  policy stays in force for the page; axe is put in by the debugger. */
export async function axe(page, rules = EVERY_RULE) {
  await page.evaluate(`window.axe ?? (() => { ${axeSource} })()`);
  const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), rules);
  return found.violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.target).join('; ')}`);
}
