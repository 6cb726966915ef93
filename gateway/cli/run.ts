import { loadDrivers } from '../../drivers/registry.ts';
import { Gateway } from '../gateway.ts';
import { saveCompileCache } from '../host/compile-cache.ts';
import { createLog, LOG_LEVELS, type LogLevel } from '../host/log.ts';
import { createNotify } from '../host/notify.ts';
import { systemRandom } from '../host/random.ts';
import { fileStateStore, statePath } from '../host/state-store.ts';
import { GatewayError } from '../model/errors.ts';
import { ruleEngineFor } from '../rules/rule-engine.ts';
import { openRuleStores } from '../rules/rule-stores.ts';
import { commandsFor } from '../writable-site.ts';
import { loadSiteApart, requireSite, sitePath } from './load-site.ts';
import type { Call, Verb } from './verb.ts';

export const runVerb: Verb = {
  usage: 'headgate run [site]',
  about: {
    en: 'Runs the gateway of a site (a folder or a YAML file; /etc/headgate when none is named) until it is told to stop. Devices and brokers that are absent are waited for. Log lines go to standard error, as JSON.',
    zh: '运行站点（目录或 YAML 文件，缺省为 /etc/headgate）的网关，直到收到停止信号。设备或代理不在线时会等待其恢复。日志以 JSON 写到标准错误输出。',
  },
  options: {
    log: {
      type: 'string',
      placeholder: LOG_LEVELS.join('|'),
      help: { en: 'how much to log (info)', zh: '日志级别（默认 info）' },
    },
  },
  examples: [
    ['headgate run ./my-site', { en: 'the site in this folder', zh: '运行该目录中的站点' }],
    [
      'headgate check ./my-site && headgate run ./my-site',
      { en: 'only if it has no problems', zh: '先检查再运行' },
    ],
  ],
  async run(call) {
    const path = sitePath(call);
    const site = await requireSite(call, path, 'run');
    const log = createLog(logLevel(call));
    const ruleStores = await openRuleStores(site.journal.path, call.clock, log);
    const gateway = new Gateway(site, {
      drivers: await loadDrivers(site.devices.map(({ protocol }) => protocol)),
      clock: call.clock,
      log,
      logged: log.written,
      random: systemRandom,
      notify: createNotify(process.env),
      state: await fileStateStore(statePath(site.journal.path), call.clock, log),
      ruleStores,
      makeRuleEngine: await ruleEngineFor(site.rules, ruleStores),
      makeCommands: await commandsFor(site),
      loadSite: () => loadSiteApart(path, 'run'),
    });
    await gateway.start();
    const unsaved = saveCompileCache(call.clock);
    await aborted(call.signal);
    unsaved();
    await gateway.stop();
    return 0;
  },
};

/** The `--log` option; wrong levels are wrong usage. */
export function logLevel(call: Call): LogLevel {
  const wanted = call.values.log ?? 'info';
  const level = LOG_LEVELS.find((known) => known === wanted);
  if (level) return level;
  throw new GatewayError('cli.usage', {
    verb: 'run',
    problem: `--log takes one of ${LOG_LEVELS.join(', ')}, not "${wanted}"`,
  });
}

export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
