/**
 * How the browsers that Debian has are started: for what is tested, and nothing of their own.
 *
 * Both would otherwise speak to the network of themselves, so they are told not to, and given a
 * proxy that nobody answers for; what is on this machine needs none.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const CHROMIUM = '/usr/bin/chromium';
export const FIREFOX = '/usr/bin/firefox-esr';

/** Milliseconds that are waited for a browser to start, or for what it shows. */
export const PATIENCE = 200_000;

/** How playwright starts Chromium. */
export const CHROMIUM_OPTIONS = {
  timeout: PATIENCE,
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--proxy-server=127.0.0.1:9',
  ],
};

const PREFERENCES = {
  'app.normandy.enabled': false,
  'app.update.auto': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.proxy.http': '127.0.0.1',
  'network.proxy.http_port': 9,
  'network.proxy.ssl': '127.0.0.1',
  'network.proxy.ssl_port': 9,
  'network.proxy.type': 1,
  'toolkit.telemetry.enabled': false,
};

/**
 * Starts Firefox on a profile of its own; Debian's is driven by nobody. It is a family of processes
 * in a group of its own: end it by `process.kill(-child.pid)`.
 */
export function startFirefox(profile: string, url: string): ChildProcess {
  mkdirSync(profile, { recursive: true });
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, 'user.js'), lines.join('\n'));
  const parameters = ['--headless', '--no-remote', '--profile', profile, url];
  const env = { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1' };
  return spawn(FIREFOX, parameters, { env, stdio: 'ignore', detached: true });
}
