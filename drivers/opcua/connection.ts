/**
 * The connection to one OPC UA server: a secure channel, one session in it, and the publishing that all subscriptions
 * share. Opens when told and says when it is lost; never opens itself again, and never has a second session.
 */
import { type Cancel, sleep } from '../../gateway/host/clock.ts';
import { GatewayError, reasonOf } from '../../gateway/model/errors.ts';
import { later, type Millis, type MonoMs, millis, monoMs } from '../../gateway/model/units.ts';
import type { LinkIo } from '../driver.ts';
import { transact, wasAnswered } from './call.ts';
import { routeLibraryLog } from './library-log.ts';
import { NO_LIMITS, readLimits } from './limits.ts';
import type { AskOptions, OpcuaLink, ServerLimits, ServiceRequest } from './link.ts';
import { inTime } from './patience.ts';
import type { Pki } from './pki.ts';
import { Publishing } from './publishing.ts';
import { isSessionGone, type Remedy } from './recovery.ts';
import { securityError, statusIn } from './refusals.ts';
import { connectionFacts, type OpcuaBus, pkiOf, secureClient, userIdentity } from './security.ts';
import {
  AttributeIds,
  type ClientSession,
  CloseSessionRequest,
  type OPCUAClient,
  ReadRequest,
  type ReadResponse,
} from './stack.ts';
import type { Endurance } from './subscribing.ts';

/** A PLC that has to make keys takes its time. */
const SETTING_UP_FACTOR = 3;
/** Long enough for a server that is told goodbye; nobody waits longer for one that is gone. */
const FAREWELL: Millis = millis(1_500);

export class OpcuaConnection implements OpcuaLink {
  readonly resource: string;
  readonly publishing: Publishing;
  readonly #bus: OpcuaBus;
  readonly #io: LinkIo;
  #client: OPCUAClient | undefined;
  #session: ClientSession | undefined;
  #pki: Pki | undefined;
  #stopLookingAfter: Cancel | undefined;
  /** Aborted when the channel, or the session in it, is lost. */
  #lost = new AbortController();
  /** A server that did not say whether it made a session may have made one; it forgets it until then. */
  #noSessionBefore: MonoMs = monoMs(0);
  /** When the server last answered in the session: what it keeps the session by. */
  #heard: MonoMs;
  /** As the server granted it. */
  #sessionLife: Millis;
  #sessions = 0;
  /** What was given up and may not be gone yet. */
  #leaving: Promise<void> = Promise.resolve();
  #namespaces: readonly string[] = [];
  #limits: ServerLimits | undefined;
  #overflows = 0;
  #lastRemedy: Remedy | undefined;

  constructor(bus: OpcuaBus, io: LinkIo) {
    this.resource = `opcua:${bus.url}`;
    this.#bus = bus;
    this.#io = io;
    routeLibraryLog(io.log);
    this.#heard = io.clock.mono();
    this.#sessionLife = bus.sessionTimeout;
    this.#lost.abort();
    this.publishing = new Publishing(this, io.clock);
  }

  get namespaces(): readonly string[] {
    return this.#namespaces;
  }

  get limits(): ServerLimits {
    return this.#limits ?? NO_LIMITS;
  }

  /** Ends what waits for the connection that is open now. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Counts up with every new session: subscriptions of an earlier one are gone or have to be transferred. */
  get sessionNumber(): number {
    return this.#sessions;
  }

  get url(): string {
    return this.#bus.url;
  }

  /** How long the server may take for one answer. */
  get timeout(): Millis {
    return this.#bus.timeout;
  }

  /** How the server is asked to keep subscriptions: as long as the session they are in. */
  get endurance(): Endurance {
    return { keepAlive: this.#bus.keepAlive, lifetime: this.#bus.sessionTimeout };
  }

  async connect(signal: AbortSignal): Promise<void> {
    if (!this.#lost.signal.aborted) return;
    const patience = millis(this.#bus.timeout * SETTING_UP_FACTOR);
    await this.#leaving;
    this.#lost = new AbortController();
    try {
      if (this.#client === undefined) await this.#openChannel(patience, signal);
      await this.#openSession(patience, signal);
      await this.#getAcquainted();
    } catch (error) {
      this.#lost.abort();
      throw error;
    }
  }

  async ask<Response extends object>(
    request: ServiceRequest,
    { signal, timeout = this.#bus.timeout }: AskOptions = {},
  ): Promise<Response> {
    const client = this.#client;
    const token = this.#session?.authenticationToken;
    if (client === undefined || token === undefined || this.lost.aborted)
      throw this.#lostError('not connected');
    const response = await transact<Response>(client, request, {
      token,
      timeout,
      clock: this.#io.clock,
      url: this.#bus.url,
      signal: signal ? AbortSignal.any([signal, this.lost]) : this.lost,
    });
    this.#heard = this.#io.clock.mono();
    return response;
  }

  /** Gives up what the remedy will replace; whoever waits for it is told. */
  fail(remedy: Exclude<Remedy, 'resubscribe'>, reason: string): GatewayError {
    const error = this.#lostError(reason);
    this.#lastRemedy = remedy;
    this.#leaving = remedy === 'client' ? this.#dropChannel(this.#client) : this.#closeSession();
    this.#lost.abort(error);
    return error;
  }

  async close(forGood: boolean): Promise<void> {
    this.publishing.pause();
    if (forGood) await this.#closeSession();
    this.#lost.abort();
    if (!forGood) return;
    await this.#dropChannel(this.#client);
    this.publishing.forget();
    this.#stopLookingAfter?.();
    this.#stopLookingAfter = undefined;
  }

  /** A value came behind others that the server could not keep (OPC 10000-4 §7.39.1). */
  noteOverflow(): void {
    this.#overflows++;
  }

  facts(): Readonly<Record<string, string | number>> {
    return {
      sessions: this.#sessions,
      ...this.publishing.facts(),
      overflows: this.#overflows,
      ...(this.#lastRemedy && { last_remedy: this.#lastRemedy }),
    };
  }

  async #openChannel(patience: Millis, signal: AbortSignal): Promise<void> {
    const { url } = this.#bus;
    const { clock } = this.#io;
    this.#pki = await pkiOf(this.#bus, this.#io);
    this.#stopLookingAfter ??= this.#pki?.lookAfter();
    const client = await secureClient(this.#bus, this.#pki, { clock, signal });
    // Not `close` alone: a channel that is lost says both, one that is closed only that.
    client.on('connection_lost', () => this.#onLost(client, 'the connection broke'));
    client.on('close', (error) => this.#onLost(client, reasonOf(error ?? 'closed')));
    this.#client = client;
    try {
      await this.#within(patience, signal, 'connect', client.connect(url));
    } catch (error) {
      void this.#dropChannel(client);
      throw this.#refused(error);
    }
  }

  /** Takes up the session that the server still keeps; makes a new one only when there can be no other. */
  async #openSession(patience: Millis, signal: AbortSignal): Promise<void> {
    const client = this.#client as OPCUAClient;
    if (this.#session && (await this.#takeUp(client, this.#session, patience, signal))) return;
    const { clock } = this.#io;
    const wait = Math.max(0, this.#noSessionBefore - clock.mono());
    if (wait > 0) await sleep(clock, 'opcua.forgotten', millis(wait), signal);
    try {
      const user = await userIdentity(this.#bus.user);
      this.#session = await this.#within(
        patience,
        signal,
        'CreateSession',
        client.createSession(user),
      );
      this.#heard = clock.mono();
      this.#sessions++;
      this.#sessionLife = millis(this.#session.timeout);
    } catch (error) {
      // Nobody said no: there may be a session now that nobody knows of.
      if (!wasAnswered(error))
        this.#noSessionBefore = later(clock.mono(), this.#bus.sessionTimeout);
      void this.#dropChannel(client);
      throw this.#refused(error);
    }
  }

  async #takeUp(
    client: OPCUAClient,
    session: ClientSession,
    patience: Millis,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      const taken = client.reactivateSession(session);
      await this.#within(patience, signal, 'ActivateSession', taken);
      this.#heard = this.#io.clock.mono();
      return true;
    } catch (error) {
      const isGone = isSessionGone(statusIn(error) ?? '');
      if (!isGone && this.#io.clock.mono() < this.#forgottenAt()) {
        void this.#dropChannel(client);
        throw this.#refused(error);
      }
      this.#session = undefined;
      return false;
    }
  }

  /** What has to be known of the server before anything else: it may be another one than before. */
  async #getAcquainted(): Promise<void> {
    this.#namespaces = await this.#readNamespaces();
    this.#limits = await readLimits(this);
  }

  /** After a download a server may number its namespaces anew, without a word: addresses are looked up again. */
  async refreshNamespaces(): Promise<void> {
    const table = await this.#readNamespaces();
    if (table.join(' ') === this.#namespaces.join(' ')) return;
    this.#namespaces = table;
    this.publishing.breakAll('namespaces have other numbers');
  }

  /** OPC 10000-5 §6.3.1. */
  async #readNamespaces(): Promise<readonly string[]> {
    const nodesToRead = [{ nodeId: NAMESPACE_ARRAY, attributeId: AttributeIds.Value }];
    const { results } = await this.ask<ReadResponse>(new ReadRequest({ nodesToRead }));
    const table: unknown = results?.[0]?.value?.value;
    return Array.isArray(table) ? table.map(String) : [];
  }

  /** A server keeps a session that it does not hear of for so long. */
  #forgottenAt(): MonoMs {
    return later(this.#heard, this.#sessionLife);
  }

  #onLost(client: OPCUAClient, reason: string): void {
    if (client !== this.#client) return;
    void this.#dropChannel(client);
    this.#lost.abort(this.#lostError(reason));
  }

  /** A server that does not confirm may keep the session until it has not heard of it for long. */
  async #closeSession(): Promise<void> {
    const [client, session] = [this.#client, this.#session];
    this.#session = undefined;
    if (session?.authenticationToken === undefined) return;
    const { clock } = this.#io;
    const call = { token: session.authenticationToken, timeout: FAREWELL, clock, ...ALONE };
    const request = new CloseSessionRequest({ deleteSubscriptions: true });
    try {
      if (client === undefined) throw this.#lostError('not connected');
      await transact(client, request, { ...call, url: this.#bus.url });
    } catch (error) {
      if (!isSessionGone(statusIn(error) ?? '')) this.#noSessionBefore = this.#forgottenAt();
    }
  }

  async #dropChannel(client: OPCUAClient | undefined): Promise<void> {
    if (client === undefined) return;
    if (client === this.#client) this.#client = undefined;
    await this.#within(FAREWELL, undefined, 'CloseSecureChannel', client.disconnect()).catch(
      () => {},
    );
  }

  #within<T>(
    timeout: Millis,
    signal: AbortSignal | undefined,
    request: string,
    work: Promise<T>,
  ): Promise<T> {
    const { clock } = this.#io;
    const late = () => this.#timeout(request, timeout);
    return inTime(work, { clock, name: 'opcua.patience', timeout, late, signal });
  }

  readonly #refused = (error: unknown) =>
    securityError(error, connectionFacts(this.#bus, this.#pki));

  readonly #timeout = (request: string, timeout: Millis) =>
    new GatewayError('opcua.timeout', { url: this.#bus.url, request, timeout });

  readonly #lostError = (reason: string) =>
    new GatewayError('opcua.lost', { url: this.#bus.url, reason });
}

/** Of a call that nothing ends but its answer and its time. */
const ALONE = { signal: new AbortController().signal };

/** NamespaceArray of the Server object (OPC 10000-6 Annex A). */
const NAMESPACE_ARRAY = 'ns=0;i=2255';
