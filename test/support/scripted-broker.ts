/**
 * A broker on a raw socket that does what a test tells it to: holds acknowledgements back, refuses, hangs up, sends
 * rubbish. It shares no code with mqtt.js and knows just enough of MQTT 3.1.1 and 5 for one publishing client.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

export interface Published {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
  readonly qos: number;
  /** 0 with QoS 0. */
  readonly id: number;
  /** Answers PUBACK, with a reason code in MQTT 5. */
  acknowledge(reason?: number): void;
}

export interface Connected {
  readonly version: number;
  readonly clientId: string;
  /** The raw flags, MQTT 5.0 §3.1.2.3. */
  readonly flags: number;
  readonly socket: Socket;
}

export interface Subscribed {
  readonly socket: Socket;
  readonly topic: string;
  /** SUBACK with the code: 0 to 2 granted, 0x80 and above refused. */
  answer(code: number): Buffer;
}

export interface Script {
  /** Answers CONNECT; the default accepts. */
  onConnect(connected: Connected): void;
  /** Answers SUBSCRIBE; nothing does by default. */
  onSubscribe?(subscribed: Subscribed): void;
  /** Answers PUBLISH; the default acknowledges. */
  onPublish(published: Published): void;
}

export interface ScriptedBroker {
  readonly port: number;
  readonly url: string;
  /** May be changed at any time. */
  script: Script;
  readonly connections: readonly Connected[];
  readonly published: readonly Published[];
  /** Published and not yet acknowledged, on the present connection. */
  unacknowledged(): readonly Published[];
  /** The most that was ever unacknowledged at once. */
  readonly mostUnacknowledged: number;
  readonly disconnects: number;
  /** SUBSCRIBE packets that came. */
  readonly subscribes: number;
  /** PINGREQ packets that came. */
  readonly pings: number;
  /** Cuts all connections without a word. */
  cut(): void;
  close(): Promise<void>;
}

/** CONNACK; in MQTT 5 with properties given as bytes. */
export const connack = (version: number, reason = 0, properties: readonly number[] = []): Buffer =>
  version === 5
    ? Buffer.from([0x20, 3 + properties.length, 0, reason, properties.length, ...properties])
    : Buffer.from([0x20, 2, 0, reason]);

export const acceptAll: Script = {
  onConnect: ({ socket, version }) => socket.write(connack(version)),
  onPublish: (published) => published.acknowledge(),
};

/** Accepts connections and lets every message wait. */
export const acknowledgeNothing: Script = { ...acceptAll, onPublish() {} };

export async function scriptedBroker(script: Partial<Script> = {}): Promise<ScriptedBroker> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    waiting.clear();
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    serve(socket);
  });
  const waiting = new Set<Published>();
  const published: Published[] = [];
  const connections: Connected[] = [];
  let mostUnacknowledged = 0;
  let disconnects = 0;
  let subscribes = 0;
  let pings = 0;

  const serve = (socket: Socket) => {
    let version = 4;
    onPackets(socket, (type, flags, body) => {
      if (type === 1) {
        const connected = readConnect(body, socket);
        version = connected.version;
        connections.push(connected);
        broker.script.onConnect(connected);
      } else if (type === 3) {
        const message = readPublish(body, flags, version, (id, reason) => {
          waiting.delete(message);
          if (!socket.destroyed) socket.write(puback(version, id, reason));
        });
        published.push(message);
        waiting.add(message);
        mostUnacknowledged = Math.max(mostUnacknowledged, waiting.size);
        broker.script.onPublish(message);
      } else if (type === 8) {
        subscribes++;
        broker.script.onSubscribe?.(readSubscribe(body, socket, version));
      } else if (type === 12) {
        pings++;
        socket.write(Buffer.from([0xd0, 0]));
      } else if (type === 14) {
        disconnects++;
        socket.end();
      }
    });
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const broker: ScriptedBroker = {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    script: { ...acceptAll, ...script },
    connections,
    published,
    unacknowledged: () => [...waiting],
    get mostUnacknowledged() {
      return mostUnacknowledged;
    },
    get subscribes() {
      return subscribes;
    },
    get pings() {
      return pings;
    },
    get disconnects() {
      return disconnects;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      broker.cut();
      server.close();
      await once(server, 'close');
    },
  };
  return broker;
}

const puback = (version: number, id: number, reason: number) =>
  version === 5 && reason !== 0
    ? Buffer.from([0x40, 3, id >> 8, id & 0xff, reason])
    : Buffer.from([0x40, 2, id >> 8, id & 0xff]);

function onPackets(socket: Socket, run: (type: number, flags: number, body: Buffer) => void): void {
  let rest: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let packet = cutPacket(rest); packet; packet = cutPacket(rest)) {
      rest = packet.rest;
      run(packet.type, packet.flags, packet.body);
    }
  });
}

function cutPacket(bytes: Buffer) {
  let length = 0;
  for (let at = 1; at < Math.min(5, bytes.length); at++) {
    const byte = bytes.readUInt8(at);
    length += (byte & 0x7f) * 128 ** (at - 1);
    if (byte & 0x80) continue;
    const end = at + 1 + length;
    if (bytes.length < end) return undefined;
    const first = bytes.readUInt8(0);
    const body = bytes.subarray(at + 1, end);
    return { type: first >> 4, flags: first & 0xf, body, rest: bytes.subarray(end) };
  }
  return undefined;
}

function readConnect(body: Buffer, socket: Socket): Connected {
  const version = body.readUInt8(6);
  const flags = body.readUInt8(7);
  const properties = version === 5 ? 1 + body.readUInt8(10) : 0;
  const at = 10 + properties;
  const clientId = body.toString('utf8', at + 2, at + 2 + body.readUInt16BE(at));
  return { version, flags, clientId, socket };
}

const readSubscribe = (body: Buffer, socket: Socket, version: number): Subscribed => ({
  socket,
  topic: topicIn(body, version === 5 ? 3 + body.readUInt8(2) : 2),
  answer(code) {
    const rest = version === 5 ? [0, code] : [code];
    return Buffer.from([0x90, 2 + rest.length, body.readUInt8(0), body.readUInt8(1), ...rest]);
  },
});

const topicIn = (body: Buffer, at: number): string =>
  body.toString('utf8', at + 2, at + 2 + body.readUInt16BE(at));

function readPublish(
  body: Buffer,
  flags: number,
  version: number,
  acknowledge: (id: number, reason: number) => void,
): Published {
  const topicEnd = 2 + body.readUInt16BE(0);
  const qos = (flags >> 1) & 3;
  const id = qos > 0 ? body.readUInt16BE(topicEnd) : 0;
  const idEnd = topicEnd + (qos > 0 ? 2 : 0);
  const properties = version === 5 ? 1 + body.readUInt8(idEnd) : 0;
  return {
    topic: body.toString('utf8', 2, topicEnd),
    payload: body.toString('utf8', idEnd + properties),
    qos,
    retain: (flags & 1) === 1,
    id,
    acknowledge: (reason = 0) => qos > 0 && acknowledge(id, reason),
  };
}
