/**
 * `headgate demo`: a simulated site, an embedded broker, the gateway and a subscriber that counts,
 * all real, in one process.
 */

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { plainUplink } from '../../config/build.ts';
import { renderProblems } from '../../config/report.ts';
import type { Site, UplinkConfig } from '../../config/site.ts';
import { loadStory, type Story } from '../../config/story.ts';
import { loadDrivers } from '../../drivers/registry.ts';
import type { Broker } from '../../firmware-sim/broker.ts';
import { type RunningPlant, startPlant } from '../../firmware-sim/plant.ts';
import { type Subscriber, startSubscriber } from '../../firmware-sim/subscriber.ts';
import { Gateway } from '../gateway.ts';
import { sleep } from '../host/clock.ts';
import { createLog, silentLog } from '../host/log.ts';
import { createNotify } from '../host/notify.ts';
import { systemRandom } from '../host/random.ts';
import { fileStateStore, statePath } from '../host/state-store.ts';
import { GatewayError } from '../model/errors.ts';
import { later, type Millis, millis, seconds } from '../model/units.ts';
import { ruleEngineFor } from '../rules/rule-engine.ts';
import { commandsFor } from '../writable-site.ts';
import { demoBroker } from './demo-broker.ts';
import { type DemoCells, demoCells } from './demo-cells.ts';
import { countArrived, tellEnd } from './demo-end.ts';
import { type DemoSummary, renderDemo } from './demo-view.ts';
import { durationOption } from './duration-option.ts';
import { requireSite } from './load-site.ts';
import { playedBus } from './played-bus.ts';
import { type PlayedBoards, startBoards } from './simulated-board.ts';
import { simulatedField } from './simulated-field.ts';
import type { Call, Verb } from './verb.ts';

const SITES = join(import.meta.dirname, '..', '..', 'config', 'sites');
const DEFAULT_SITE = 'workshop-cell';
/**
 * The broker is away for this share of the run, around its middle, but for no longer than the
 * limit.
 */
const CUT_SHARE = 0.2;
const LONGEST_CUT: Millis = seconds(5);
const REFRESH: Millis = millis(500);

export const demoVerb: Verb = {
  usage: 'headgate demo [site] [--for 20s] [--json]',
  about: {
    en: 'Plays a site (a folder, or the name of one that comes along; the robot cell workshop-cell when none is named): its simulated field, an embedded MQTT broker, the gateway, and a subscriber that counts what arrives. At the end it compares what was stored with what arrived, and exits with 1 when anything is missing. A site with a story (story/day.yaml) lives its whole story in the time of --for, four minutes when none is said, and 1 is also the answer when something did not come as the story says. One with OPC UA plays at most ten times as fast as life: with a shorter --for it plays the beginning that fits, and only that is judged. A site without a story runs in real time until Ctrl-C or for the time of --for, in the middle of which the broker is cut off.',
    zh: '演示一个站点（目录，或随附站点的名称；缺省为机器人工作站 workshop-cell）：模拟现场、内置 MQTT 代理、网关以及统计到达数据的订阅者。结束时比较已存储与已到达的数据；有缺失时退出码为 1。带有故事（story/day.yaml）的站点在 --for 的时间内（缺省四分钟）播完整个故事；有事情未按故事发生时退出码同样为 1。含 OPC UA 的站点最快只能以十倍速播放：--for 较短时只播放开头能容纳的部分，也只核对这一部分。没有故事的站点实时运行，直到 Ctrl-C 或 --for 的时间结束，并在中途切断代理。',
  },
  options: {
    for: {
      type: 'string',
      placeholder: 'duration',
      help: { en: 'end after this time: 20s, 5m', zh: '运行时长，例如 20s、5m' },
    },
    json: {
      type: 'boolean',
      help: { en: 'the summary as one JSON line', zh: '以一行 JSON 输出统计' },
    },
    seed: {
      type: 'string',
      placeholder: 'n',
      help: { en: 'seed of the simulated process (1)', zh: '模拟过程的随机种子（默认 1）' },
    },
  },
  examples: [
    ['npm run demo', { en: 'two short shifts of a robot cell', zh: '机器人工作站的两个短班' }],
    [
      'npm run demo -- --for 20s --json',
      { en: 'their first minutes in 20 seconds', zh: '二十秒内播放其开头并给出结果' },
    ],
    [
      'npm run demo -- workshop',
      { en: 'a workshop in real time, until Ctrl-C', zh: '实时演示车间，按 Ctrl-C 结束' },
    ],
    [
      'npm run demo -- greenhouse',
      { en: 'a day of a greenhouse in four minutes', zh: '四分钟看完温室的一天' },
    ],
  ],
  async run(call) {
    const length = durationOption(call, 'demo');
    const path = namedSite(call.positionals[0]);
    const site = await requireSite(call, path, 'run');
    const story = await requireStory(call, path, site);
    if (story) {
      const { demoStory } = await import('./story/story-demo.ts');
      return demoStory(call, { story, siteAt: (broker) => atBrokers(site, broker) }, length);
    }
    const folder = await mkdtemp(join(tmpdir(), 'headgate-demo-'));
    try {
      const demo = await Demo.start(call, site, folder);
      try {
        await demo.play(length);
        const summary = await demo.finish();
        tellEnd(call, summary, { lines: demo.cells.lines(call.language) });
        return summary.lost === 0 ? 0 : 1;
      } finally {
        await demo.stop();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** The name of a site that comes with headgate, or a path. */
function namedSite(name = DEFAULT_SITE): string {
  const own = join(SITES, name);
  return /^[a-z0-9-]+$/.test(name) && !existsSync(name) && existsSync(own) ? own : name;
}

/** Prints every problem of a story and throws `cli.site-invalid` when there is one. */
async function requireStory(call: Call, path: string, site: Site): Promise<Story | undefined> {
  const loaded = await loadStory(path, site);
  if (!loaded || loaded.ok) return loaded?.story;
  call.note(renderProblems(loaded.problems, call.language));
  throw new GatewayError('cli.site-invalid', { site: path, count: loaded.problems.length });
}

interface DemoParts {
  readonly plant: RunningPlant;
  readonly boards: PlayedBoards;
  readonly broker: Broker;
  readonly subscriber: Subscriber;
  readonly gateway: Gateway;
  readonly cells: DemoCells;
}

class Demo {
  readonly #call: Call;
  readonly #plant: RunningPlant;
  readonly #boards: PlayedBoards;
  readonly #broker: Broker;
  readonly #subscriber: Subscriber;
  readonly #gateway: Gateway;
  readonly #cells: DemoCells;
  #brokerCut = false;

  private constructor(call: Call, parts: DemoParts) {
    const { plant, boards, broker, subscriber, gateway, cells } = parts;
    this.#call = call;
    this.#cells = cells;
    this.#plant = plant;
    this.#boards = boards;
    this.#broker = broker;
    this.#subscriber = subscriber;
    this.#gateway = gateway;
  }

  static async start(call: Call, written: Site, folder: string): Promise<Demo> {
    const { clock } = call;
    const seed = Number(call.values.seed ?? 1);
    const plant = await startPlant(
      simulatedField(written, {
        seed,
        freePorts: true,
        serialPath: (bus) => join(folder, bus.name),
      }),
      clock,
      silentLog,
    );
    const boards = await startBoards(written, { seed, clock, folder });
    const broker = await demoBroker();
    const site = relocated(written, { plant, boards, broker, journal: join(folder, 'journal.db') });
    const cells = demoCells(site.rules);
    const subscriber = await startSubscriber({
      url: broker.url,
      gateway: site.gateway.id,
      onPart: cells.take,
    });
    const gateway = new Gateway(site, {
      drivers: await loadDrivers(site.devices.map(({ protocol }) => protocol)),
      clock,
      log: createLog('silent'),
      random: systemRandom,
      notify: createNotify({}),
      state: await fileStateStore(statePath(site.journal.path), clock, silentLog),
      makeRuleEngine: await ruleEngineFor(site.rules),
      makeCommands: await commandsFor(site),
    });
    await gateway.start();
    return new Demo(call, { plant, boards, broker, subscriber, gateway, cells });
  }

  get cells(): DemoCells {
    return this.#cells;
  }

  /** Runs for `length`, or until interrupted, and cuts the broker off in the middle. */
  async play(length: Millis | undefined): Promise<void> {
    const { clock, signal } = this.#call;
    const started = clock.mono();
    const cancels = length === undefined ? [] : this.#scheduleCut(length);
    try {
      const ends = length === undefined ? Number.POSITIVE_INFINITY : later(started, length);
      while (!signal.aborted && clock.mono() < ends) {
        await this.#show();
        await sleep(
          clock,
          'demo.refresh',
          millis(Math.min(REFRESH, ends - clock.mono())),
          signal,
        ).catch(() => {});
      }
    } finally {
      for (const cancel of cancels) cancel();
      if (this.#brokerCut) await this.#reconnect();
    }
  }

  /** Stops polling, waits until everything stored has arrived, and counts. */
  async finish(): Promise<DemoSummary> {
    for (const bus of this.#gateway.buses) await bus.stop();
    await this.#gateway.north.flush();
    return countArrived(this.#call, this.#subscriber, () => this.#gateway.status());
  }

  async stop(): Promise<void> {
    await this.#gateway.stop();
    await this.#subscriber.stop();
    await this.#broker.stop();
    await this.#plant.stop();
    for (const { board } of this.#boards.values()) await board.stop();
  }

  #scheduleCut(length: Millis) {
    const { clock } = this.#call;
    const cut = Math.min(LONGEST_CUT, length * CUT_SHARE);
    const at = (name: string, due: number, run: () => Promise<void>) =>
      clock.at(name, later(clock.mono(), millis(due)), () => void run());
    return [
      at('demo.cut', (length - cut) / 2, async () => {
        this.#brokerCut = true;
        await this.#broker.cut();
      }),
      at('demo.restore', (length + cut) / 2, () => this.#reconnect()),
    ];
  }

  async #reconnect(): Promise<void> {
    this.#brokerCut = false;
    await this.#broker.restore();
  }

  async #show(): Promise<void> {
    if (this.#call.values.json) return;
    const { language } = this.#call;
    const cells = this.#cells.lines(language).map((line) => `${line}\n`);
    const view = renderDemo(
      await this.#gateway.status(),
      this.#subscriber.facts(),
      this.#brokerCut,
      language,
    );
    if (process.stderr.isTTY) process.stderr.write(`\x1b[H\x1b[J${cells.join('')}${view}\n`);
    else this.#call.note(view.split('\n').at(-1) ?? '');
  }
}

interface Places {
  readonly plant: RunningPlant;
  readonly boards: PlayedBoards;
  readonly broker: Broker;
  readonly journal: string;
}

/** The same site, on the ports and paths of this run. */
function relocated(site: Site, { plant, boards, broker, journal }: Places): Site {
  const field = { plant, boards, pki: join(dirname(journal), 'pki') };
  return {
    ...atBrokers(site, broker.url),
    journal: { ...site.journal, path: journal },
    buses: site.buses.map((bus) => playedBus(bus, field)),
  };
}

/** A site that sends to nobody yet is shown, too: what arrives is what the demo looks at. */
function atBrokers(site: Site, url: string): Site {
  const uplinks = site.uplinks.flatMap((uplink) => atBroker(uplink, url));
  return {
    ...site,
    uplinks: uplinks.length === 0 ? [plainUplink(site.gateway.id, 'demo', url)] : uplinks,
  };
}

/** No authority is told of what is played. */
function atBroker(uplink: UplinkConfig, url: string): UplinkConfig[] {
  if ('hj212' in uplink) return [];
  if ('mqtt' in uplink) return [{ ...uplink, mqtt: { ...uplink.mqtt, url } }];
  return [{ ...uplink, sparkplug: { ...uplink.sparkplug, url, fallback: [] } }];
}
