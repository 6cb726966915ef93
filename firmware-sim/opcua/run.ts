/** One run of a simulated server: from being switched on until its end. What outlives it is the caller's. */
import type { Clock } from '../../gateway/host/clock.ts';
import { between, type MonoMs } from '../../gateway/model/units.ts';
import { AcceptedSockets } from './accepted-sockets.ts';
import { type ContentPlace, type Nodeset, rhythm, type ServerContent } from './content.ts';
import { APPLICATION_URI, openKeys, type ServerKeys } from './keys.ts';
import type { PublishedLog } from './published.ts';
import { PublishingEar } from './publishing.ts';
import type { ServedVariable } from './served-variable.ts';
import {
  generateAddressSpace,
  nodesets,
  PublishResponse,
  SecurityPolicy,
  StatusCodes,
} from './stack.ts';
import { type ServerWatch, WatchedServer } from './watched-server.ts';

export interface RunSetting {
  readonly port: number;
  readonly pki: string;
  readonly contents: readonly ServerContent[];
  readonly seed: number;
  readonly users: ReadonlyMap<string, string>;
  readonly clients: 'any' | 'trusted';
  /** Which of its certificates the server shows. */
  readonly generation: number;
  /** How often its namespaces were put into another order. */
  readonly shuffles: number;
  /** When the server was first switched on. */
  readonly began: MonoMs;
}

export interface Run {
  readonly port: number;
  readonly server: WatchedServer;
  readonly sockets: AcceptedSockets;
  readonly keys: ServerKeys;
  readonly variables: ReadonlyMap<string, ServedVariable>;
  /** Idempotent; an impolite end breaks the connections before anything can be said on them. */
  end(polite: boolean): Promise<void>;
}

const MAX_CONNECTIONS = 100;
const MAX_SUBSCRIPTIONS = 1_000;
/** Without nodes; with it a reshuffle gives every namespace another index, however many there are. */
const SPARE_NAMESPACE = 'urn:headgate:simulated:spare';

export async function startRun(
  setting: RunSetting,
  watch: ServerWatch,
  published: PublishedLog,
  clock: Clock,
): Promise<Run> {
  const keys = await openKeys(setting, clock);
  const variables = new Map<string, ServedVariable>();
  const names = new Map<string, string>();
  const ear = new PublishingEar(published, names);
  const cancels: (() => void)[] = [];
  const server = createServer(setting, keys, ear, watch);
  const sockets = new AcceptedSockets(() => server.endpoints[0]?.port ?? 0);
  let ended: Promise<void> | undefined;
  const finish = async (polite: boolean) => {
    for (const cancel of cancels) cancel();
    if (!polite) sockets.destroyAll();
    await server.shutdown(0);
    sockets.stop();
  };
  const run: Run = {
    server,
    sockets,
    keys,
    variables,
    get port() {
      return server.endpoints[0]?.port ?? setting.port;
    },
    end: (polite) => {
      ended ??= finish(polite);
      return ended;
    },
  };
  try {
    await server.initialize();
    await loadNamespaces(server, setting);
    const switchedOn = clock.mono();
    const place: ContentPlace = {
      space: spaceOf(server),
      clock,
      seed: setting.seed,
      namespace: (uri) => spaceOf(server).registerNamespace(uri),
      serve(variable) {
        variables.set(variable.name, variable);
        names.set(variable.node.nodeId.toString(), variable.name);
      },
      served: ({ nodeId }) => variables.get(names.get(nodeId.toString()) ?? ''),
      moment: () => ({
        elapsed: between(setting.began, clock.mono()),
        uptime: between(switchedOn, clock.mono()),
      }),
      every: (period, turn) => cancels.push(rhythm(clock, switchedOn, period, turn)),
    };
    for (const content of setting.contents) await content.build(place);
    await server.start();
  } catch (error) {
    await run.end(false);
    throw error;
  }
  return run;
}

function createServer(
  setting: RunSetting,
  keys: ServerKeys,
  ear: PublishingEar,
  watch: ServerWatch,
): WatchedServer {
  const server = new WatchedServer(
    {
      port: setting.port,
      host: '127.0.0.1',
      hostname: '127.0.0.1',
      serverCertificateManager: keys.clients,
      userCertificateManager: keys.users,
      certificateFile: keys.certificateFile,
      serverInfo: { applicationUri: APPLICATION_URI, productUri: APPLICATION_URI },
      securityPolicies: [
        SecurityPolicy.None,
        SecurityPolicy.Basic256Sha256,
        SecurityPolicy.Aes256_Sha256_RsaPss,
      ],
      allowAnonymous: true,
      userManager: {
        isValidUser: (name: string, password: string) => setting.users.get(name) === password,
      },
      nodesets: [nodesets.standard],
      maxConnectionsPerEndpoint: MAX_CONNECTIONS,
      serverCapabilities: {
        maxSubscriptions: MAX_SUBSCRIPTIONS,
        maxSubscriptionsPerSession: MAX_SUBSCRIPTIONS,
      },
      isAuditing: false,
      onCreateMonitoredItem: async (subscription, item) => {
        ear.itemCreated(subscription.id, item);
        return StatusCodes.Good;
      },
    },
    watch,
  );
  server.on('response', (response) => {
    if (response instanceof PublishResponse) ear.published(response);
  });
  return server;
}

const COMPANIONS: Readonly<Record<Nodeset, { readonly file: string; readonly uri: string }>> = {
  di: { file: nodesets.di, uri: 'http://opcfoundation.org/UA/DI/' },
  ia: { file: nodesets.ia, uri: 'http://opcfoundation.org/UA/IA/' },
  machinery: { file: nodesets.machinery, uri: 'http://opcfoundation.org/UA/Machinery/' },
  robotics: { file: nodesets.robotics, uri: 'http://opcfoundation.org/UA/Robotics/' },
};

/** Registers all namespaces in the order of this run before anything is loaded into them. */
async function loadNamespaces(server: WatchedServer, setting: RunSetting): Promise<void> {
  const space = spaceOf(server);
  const companions = [...new Set(setting.contents.flatMap(({ nodesets = [] }) => nodesets))];
  const uris = [
    ...companions.map((name) => COMPANIONS[name].uri),
    ...setting.contents.flatMap(({ namespaces }) => namespaces),
    SPARE_NAMESPACE,
  ];
  const from = setting.shuffles % uris.length;
  for (const uri of [...uris.slice(from), ...uris.slice(0, from)]) space.registerNamespace(uri);
  if (companions.length > 0)
    await generateAddressSpace(
      space,
      companions.map((name) => COMPANIONS[name].file),
    );
}

function spaceOf(server: WatchedServer) {
  const space = server.engine.addressSpace;
  if (!space) throw new Error('a server has its address space from its initialization on');
  return space;
}
