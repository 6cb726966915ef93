/**
 * A simulated OPC UA server that keeps account of what it did: it can be switched off and on at the same port, made to
 * misbehave, and asked how many sessions it had and what it published.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, sleep } from '../../gateway/host/clock.ts';
import { type Log, silentLog } from '../../gateway/host/log.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import type { Millis } from '../../gateway/model/units.ts';
import type { ServerContent } from './content.ts';
import { Interventions, type OpcuaFault, type OpcuaFaultKind } from './interventions.ts';
import { certificateOf } from './keys.ts';
import { PublishedLog } from './published.ts';
import { type Run, type RunSetting, startRun } from './run.ts';
import type { ServedVariable } from './served-variable.ts';
import { setErrorLogger, setWarningLogger } from './stack.ts';
import type { ServerWatch } from './watched-server.ts';

export interface OpcuaServerOptions {
  /** On 127.0.0.1; a free one when left out or 0. */
  readonly port?: number;
  /** Where keys and certificates are kept; left out: a temporary folder that goes with the server. */
  readonly pki?: string;
  readonly contents: readonly ServerContent[];
  readonly seed?: number;
  /** Password by name. Anonymous users and trusted user certificates are let in whatever stands here. */
  readonly users?: ReadonlyMap<string, string>;
  /** Whose application certificate is taken; any when left out. */
  readonly clients?: 'any' | 'trusted';
  /** How many published changes can be looked at; older ones are only counted. */
  readonly publishedLimit?: number;
}

export interface Restart {
  /** Between the end and the new start; none when left out. */
  readonly downtime?: Millis;
  /** All namespaces get another index. */
  readonly reshuffle?: boolean;
  readonly newCertificate?: boolean;
  /** Close sessions and channels in the end, instead of just being gone. */
  readonly polite?: boolean;
}

const DEFAULT_PUBLISHED_LIMIT = 1_000_000;

/** Starts a server on 127.0.0.1 with security None, Basic256Sha256 and Aes256_Sha256_RsaPss. */
export async function startOpcuaServer(
  options: OpcuaServerOptions,
  clock: Clock,
  log: Log = silentLog,
): Promise<SimulatedOpcuaServer> {
  const say = (_place: unknown, ...text: unknown[]) =>
    log.debug('sim.opcua-said', { text: text.join(' ') });
  setErrorLogger(say);
  setWarningLogger(say);
  const { port = 0, contents, seed = 1, users = new Map(), clients = 'any' } = options;
  const pki = options.pki ?? (await mkdtemp(join(tmpdir(), 'headgate-opcua-')));
  const folder = options.pki === undefined ? pki : undefined;
  const began = clock.mono();
  const setting = { port, pki, contents, seed, users, clients, began, generation: 0, shuffles: 0 };
  const published = new PublishedLog(options.publishedLimit ?? DEFAULT_PUBLISHED_LIMIT);
  const server = new SimulatedOpcuaServer(setting, published, folder, clock);
  try {
    await server.restart();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

export class SimulatedOpcuaServer {
  readonly #clock: Clock;
  readonly #published: PublishedLog;
  readonly #temporary: string | undefined;
  readonly #faults: Interventions;
  readonly #badNodes = new Map<string, Extract<OpcuaFault, { kind: 'bad-node' }>>();
  #setting: RunSetting;
  #run: Run | undefined;
  #sessionsCreated = 0;
  #sessionsPeak = 0;
  readonly #requests = new Map<string, number>();
  readonly #stopped = new AbortController();
  #restarting: Promise<void> | undefined;

  constructor(
    setting: RunSetting,
    published: PublishedLog,
    temporary: string | undefined,
    clock: Clock,
  ) {
    this.#setting = setting;
    this.#published = published;
    this.#temporary = temporary;
    this.#clock = clock;
    this.#faults = new Interventions(clock);
  }

  get endpointUrl(): string {
    return `opc.tcp://127.0.0.1:${this.port}`;
  }

  /** The same after every restart. */
  get port(): number {
    return this.#setting.port;
  }

  /** Sessions that are open now. */
  sessions(): number {
    return this.#run?.server.currentSessionCount ?? 0;
  }

  /** The most sessions that were open at one moment since the server was first started. */
  sessionsPeak(): number {
    return this.#sessionsPeak;
  }

  sessionsCreated(): number {
    return this.#sessionsCreated;
  }

  /** Subscriptions of open sessions, and those that outlive their session. */
  subscriptions(): number {
    return this.#run?.server.currentSubscriptionCount ?? 0;
  }

  /** Requests that came since the first start: all, or those of one kind, `WriteRequest`. */
  requests(name?: string): number {
    if (name !== undefined) return this.#requests.get(name) ?? 0;
    return [...this.#requests.values()].reduce((sum, count) => sum + count, 0);
  }

  published(): PublishedLog {
    return this.#published;
  }

  /** Throws `sim.device-unknown`. A handle is good until the next restart. */
  variable(name: string): ServedVariable {
    const variable = this.#run?.variables.get(name);
    if (!variable) throw new GatewayError('sim.device-unknown', { device: name });
    return variable;
  }

  /** The certificate it shows to clients, DER. */
  certificate(): Promise<Buffer> {
    return certificateOf(this.#running().keys.certificateFile);
  }

  /** Puts the application certificate of a client (DER) into the trust list. */
  trustClient(certificate: Buffer): Promise<void> {
    return this.#running().keys.clients.trustCertificate(certificate);
  }

  /** Lets in whoever proves to own this certificate (DER). */
  trustUser(certificate: Buffer): Promise<void> {
    return this.#running().keys.users.trustCertificate(certificate);
  }

  /** As a restart does, but it stays off until the next one. */
  async powerOff(): Promise<void> {
    await this.#restarting;
    await this.#end(false);
  }

  /** Power off, `downtime`, power on. Sessions, subscriptions and connections are forgotten, faults are not. */
  async restart(restart: Restart = {}): Promise<void> {
    await this.#restarting;
    this.#restarting = this.#offAndOn(restart).finally(() => {
      this.#restarting = undefined;
    });
    await this.#restarting;
  }

  async #offAndOn({ polite = false, downtime, reshuffle, newCertificate }: Restart): Promise<void> {
    const { signal } = this.#stopped;
    await this.#end(polite);
    if (downtime) await sleep(this.#clock, 'sim.opcua-downtime', downtime, signal).catch(() => {});
    if (signal.aborted) return;
    const { generation, shuffles } = this.#setting;
    this.#setting = {
      ...this.#setting,
      generation: generation + (newCertificate ? 1 : 0),
      shuffles: shuffles + (reshuffle ? 1 : 0),
    };
    const run = await startRun(this.#setting, this.#watch, this.#published, this.#clock);
    this.#setting = { ...this.#setting, port: run.port };
    this.#run = run;
    this.#applyFaults();
  }

  /** Of each kind there is one fault at a time, of `bad-node` one per node. */
  setFault(fault: OpcuaFault): void {
    if (fault.kind === 'bad-node') {
      this.variable(fault.node);
      this.#badNodes.set(fault.node, fault);
    } else this.#faults.set(fault);
    this.#applyFaults();
  }

  /** Of `bad-node` those of all nodes, or that of the one named. */
  clearFault(kind: OpcuaFaultKind, node?: string): void {
    if (kind === 'bad-node') {
      const nodes = node === undefined ? [...this.#badNodes.keys()] : [node];
      for (const name of nodes) {
        this.#badNodes.delete(name);
        this.#run?.variables.get(name)?.suffer(undefined);
      }
    } else this.#faults.clear(kind);
    this.#applyFaults();
  }

  /** Every session ends inside the server, with or without its subscriptions, while its channel stays. */
  loseSessions({ deleteSubscriptions = true } = {}): void {
    const { engine } = this.#running().server;
    for (const session of engine.getSessions())
      engine.closeSession(session.authenticationToken, deleteSubscriptions, 'Terminated');
  }

  /** Every TCP connection breaks; sessions and subscriptions stay. */
  dropConnections(): void {
    this.#run?.sockets.destroyAll();
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#restarting?.catch(() => {});
    await this.#end(false);
    if (this.#temporary) await rm(this.#temporary, { recursive: true, force: true });
  }

  readonly #watch: ServerWatch = {
    request: (request, ...rest) => {
      const { name } = request.schema;
      this.#requests.set(name, (this.#requests.get(name) ?? 0) + 1);
      this.#faults.request(request, ...rest);
    },
    response: (...args) => this.#faults.response(...args),
    sessionOpened: (open) => {
      this.#sessionsCreated += 1;
      this.#sessionsPeak = Math.max(this.#sessionsPeak, open);
    },
  };

  #applyFaults(): void {
    const run = this.#run;
    if (!run) return;
    this.#faults.apply(run.server, run.sockets);
    for (const { node, how } of this.#badNodes.values()) run.variables.get(node)?.suffer(how);
  }

  #running(): Run {
    if (!this.#run) throw new Error('the simulated server is switched off');
    return this.#run;
  }

  async #end(polite: boolean): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    this.#faults.forget();
    await run?.end(polite);
  }
}
