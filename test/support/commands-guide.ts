/** The guide of writes as something that runs: its YAML as one site, its commands on that site, one after the other. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Site } from '../../config/site.ts';
import { commandsVerb } from '../../gateway/cli/commands/commands.ts';
import { keysVerb } from '../../gateway/cli/operator/keys.ts';
import { signVerb } from '../../gateway/cli/operator/sign.ts';
import { writeVerb } from '../../gateway/cli/write/write.ts';
import type { CommandQuestion, CommandsQuestion } from '../../gateway/command/command-answers.ts';
import { Commands } from '../../gateway/commands.ts';
import { commandOutcomeText } from '../../gateway/forward/announcement.ts';
import { readCommand } from '../../gateway/forward/command-message.ts';
import { ControlSocket, socketPath } from '../../gateway/health/control-socket.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { type VirtualClock, virtualClock } from '../../gateway/host/virtual-clock.ts';
import type { Language } from '../../gateway/model/errors.ts';
import { tagId, type Value } from '../../gateway/model/sample.ts';
import { later, millis, seconds, utcMs } from '../../gateway/model/units.ts';
import type { FieldBus } from '../../gateway/poll/bus-facts.ts';
import type { Effect } from '../../rules/effect.ts';
import { RuleEngine } from '../../rules/engine/engine.ts';
import { TestField } from './command-fixture.ts';
import { called } from './command-line.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { folderOf, load } from './rules-guide.ts';

/** Eight in the morning in Shanghai. */
export const GUIDE_NOW = utcMs(Date.UTC(2026, 0, 2));

type Tree = { readonly [key: string]: unknown };

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const merged = (a: Tree, b: Tree): Tree => ({
  ...a,
  ...Object.fromEntries(
    Object.entries(b).map(([key, value]) => {
      const there = a[key];
      return [key, isTree(there) && isTree(value) ? merged(there, value) : value];
    }),
  ),
});

const SECTIONS = new Set(['gateway', 'uplinks', 'buses', 'devices', 'rules', 'commands']);

/** The examples as one site. Those that are no sections of a site are tags of the press, as the guide says. */
export function siteText(examples: readonly string[]): string {
  const trees = examples.map((text): Tree => {
    const tree: unknown = parse(text);
    if (!isTree(tree)) throw new Error(`no map: ${text}`);
    const isSite = Object.keys(tree).every((key) => SECTIONS.has(key));
    return isSite ? tree : { devices: { press: { tags: tree } } };
  });
  return stringify(trees.reduce(merged, {}));
}

/** A press whose valve travels, and its site at work: the door for writes, the rules, the socket that people ask. */
async function guidePlant(site: Site, folder: string, language: Language) {
  const clock = virtualClock(GUIDE_NOW);
  const ledger = new MemoryLedger(clock);
  const field = new TestField(clock);
  const commands = doorOf(site, field, ledger, clock);
  const set = (quantity: string, value: Value) =>
    void field.registers.set(tagId('press', quantity), value);
  field.onSent = ({ tag, value }) => {
    const arrived = later(clock.mono(), VALVE_TRAVELS);
    if (tag === 'press.valve') clock.at('test.valve', arrived, () => set('position', value));
  };
  const readable = site.devices.flatMap(({ tags }) =>
    tags.filter(({ access }) => access !== 'write').map(({ tag }) => tag.id),
  );
  /** Polls once a second, as the scan of the site says. */
  const run = async (length: number) => {
    for (let second = 0; second < length; second++) {
      for (const tag of readable) field.poll(tag);
      await clock.advance(seconds(1));
    }
  };
  /** Polls go on until it has happened. */
  const meanwhile = async <T>(happening: Promise<T>): Promise<T> => {
    let isOver = false;
    void happening.finally(() => {
      isOver = true;
    });
    await clock.advance(millis(200));
    while (!isOver) await run(1);
    return happening;
  };
  const socket = new ControlSocket(socketPath(site.journal.path), {
    command: (about) => meanwhile(commands.box.command(about as CommandQuestion)),
    commands: (about) => commands.box.commands(about as CommandsQuestion),
  });
  await socket.open();
  onTestFinished(() => socket.close());
  return {
    ...{ clock, set, run, audited: () => ledger.audited() },
    /** What a line of the guide prints; `./my-site` is where the site stands, keys lie beside it. */
    async headgate(line: string): Promise<string> {
      const key = join(folder, 'dispatch.pem');
      const places = new Map([
        ['./my-site', join(folder, 'my-site')],
        ['dispatch.pem', key],
      ]);
      const argv = wordsOf(line).map((word) => places.get(word) ?? word);
      const more = argv[0] === 'keys' ? ['--out', key] : [];
      const { stdout, stderr } = await called(VERBS, [...argv, ...more], { language, clock });
      // That somebody has to wait is no part of what is shown.
      return argv[0] === 'sign' ? `${stdout}\n${stderr}` : stdout || stderr;
    },
    /** What the gateway answers to a message, as it is published. */
    async remote(message: string): Promise<readonly string[]> {
      const read = readCommand(Buffer.from(message));
      if (!read.ok) throw new Error(read.problem.form.problem);
      const speaker = { gateway: site.gateway.id, epoch: '', version: '', config: '' };
      const answers: string[] = [];
      const ended = new Promise<void>((resolve) => {
        commands.fromUpstream(read.request, (reply) => {
          answers.push(commandOutcomeText(speaker, reply, clock.utc()));
          if (reply.state === 'ended') resolve();
        });
      });
      await meanwhile(ended);
      return answers;
    },
  };
}

const VALVE_TRAVELS = seconds(3);
const VERBS = { write: writeVerb, commands: commandsVerb, keys: keysVerb, sign: signVerb };

/** As the gateway wires it, with a bus that goes to the test's field. */
function doorOf(site: Site, field: TestField, ledger: MemoryLedger, clock: VirtualClock): Commands {
  const facts = () => ({ devices: site.devices.map(({ name }) => ({ name })) });
  const bus = { ...field.busOf(), reread: field.reread, facts } as unknown as FieldBus;
  const commands = new Commands({
    ...{ site, buses: [bus], ledger, latest: field.latest, clock, log: silentLog },
    ...{ random: seededRandom(7), onRuleEnd: () => {} },
  });
  const route = (effect: Effect) => {
    if (effect.kind === 'command') commands.fromRule(effect);
    if (effect.kind === 'interlock') commands.interlock(effect);
  };
  const emit = (effects: readonly Effect[]) => effects.forEach(route);
  const engine = new RuleEngine(site.rules, { clock, log: silentLog, emit });
  field.onSamples = (samples) => {
    commands.desk.take(samples);
    engine.apply(samples);
  };
  commands.desk.start();
  engine.start();
  commands.desk.releaseRules(new Set(site.rules.rules.map(({ name }) => name)));
  return commands;
}

/** As a shell reads it, as far as the guide needs one; without the name of the program. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)]
    .map(([, single, double, bare]) => single ?? double ?? bare ?? '')
    .slice(1);

/** What the guide shows, as it really comes: each line with what it prints, the answers upstream, the audit of them. */
export interface GuideStory {
  readonly printed: ReadonlyMap<string, string>;
  readonly answers: readonly string[];
  readonly audit: readonly Record<string, unknown>[];
}

export interface ToldGuide {
  /** All YAML of it. */
  readonly examples: readonly string[];
  /** The lines behind `$`, in their order. */
  readonly lines: readonly string[];
  /** What a sender publishes. */
  readonly message: string;
  readonly language: Language;
}

/**
 * One morning at the press: at 08:01 warm oil lets a rule open the valve; at 08:02 somebody opens it further; at 08:03 there
 * is little oil, and the pump stops.
 */
export async function guideStory({
  examples,
  lines,
  message,
  language,
}: ToldGuide): Promise<GuideStory> {
  const top = folderOf({ 'my-site/gateway.yaml': siteText(examples), 'my-site/data/.keep': '' });
  const loaded = await load(top);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const plant = await guidePlant(loaded.site, top, language);
  for (const [quantity, value] of Object.entries(COLD)) plant.set(quantity, value);
  await plant.run(60);
  plant.set('oil_temp', 67);
  await plant.run(60);
  const printed = new Map<string, string>();
  for (const line of lines) {
    const isPump = line.includes('press.pump');
    if (isPump) {
      await plant.run(60);
      plant.set('oil_level', 8);
      await plant.run(10);
    }
    printed.set(line, (await plant.headgate(line)).replaceAll(`${top}/`, '/home/li/'));
  }
  const answers = await plant.remote(message);
  const { id } = JSON.parse(answers[0] ?? '{}');
  return { printed, answers, audit: plant.audited().filter((entry) => entry.id === id) };
}

const COLD: Readonly<Record<string, Value>> = {
  ...{ oil_temp: 62, oil_level: 55, position: 0, valve: 0, pump: false },
  ...{ setpoint: 55, mode: 1, reset: false, speed: 0 },
};
