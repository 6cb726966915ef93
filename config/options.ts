/**
 * The forms of values that only a site has: names, endpoints, time zones, topics, sources of
 * secrets.
 */
import { byLikeness } from '../gateway/host/likeness.ts';
import {
  type Option,
  parsedText,
  type Refusal,
  type TextOptions,
  text,
  type Words,
} from '../gateway/host/schema.ts';
import { parseSource, type Source } from './references.ts';

/** Of gateways, buses and uplinks. */
export const SITE_NAME: TextOptions = {
  pattern: /^[a-z][a-z0-9_-]{0,63}$/,
  code: 'config.site-name',
};
/** Of devices; with dots, for areas. */
export const DEVICE_NAME: TextOptions = {
  max: 64,
  pattern: /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/,
  code: 'config.tag-name',
};
/** The last part of a tag's id. */
export const QUANTITY_NAME: TextOptions = {
  pattern: /^[a-z][a-z0-9_]{0,63}$/,
  code: 'config.tag-name',
};

/** The id of a profile: `eastron/sdm630`. */
export const PROFILE_ID: TextOptions = {
  max: 64,
  pattern: /^[a-z0-9][a-z0-9-]*(\/[a-z0-9][a-z0-9-]*){0,2}$/,
  code: 'profile.id-form',
};

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** `host:port`; an IPv6 address stands in brackets. */
export const endpoint = (words: Words<string>): Option<Endpoint> =>
  parsedText((written) => {
    const match = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(written);
    const port = Number(match?.[3]);
    const host = match?.[1] ?? match?.[2];
    if (host === undefined || port < 1 || port > 65_535) return { code: 'config.endpoint' };
    return { value: { host, port } };
  }, words);

/** Bytes as text, or as hexadecimal digits behind `0x`. */
export const bytesText = (words: Words<string>): Option<Uint8Array> =>
  parsedText(
    (written) => {
      const [, digits] = /^0x(.*)$/i.exec(written) ?? [];
      if (digits === undefined) return { value: new TextEncoder().encode(written) };
      const isWhole = /^(?:[0-9a-f]{2})+$/i.test(digits);
      return isWhole
        ? { value: new Uint8Array(Buffer.from(digits, 'hex')) }
        : { code: 'config.not-bytes' };
    },
    { ...words, max: LONGEST_BYTES_TEXT },
  );

/** A guess: registrations of DTUs are a name, a telephone or a serial number. */
const LONGEST_BYTES_TEXT = 130;

/** mqtt:// or mqtts:// with host and nothing secret inside. */
export const brokerUrl = (words: Words<string> = {}): Option<string> =>
  parsedText((written) => {
    const url = URL.parse(written);
    const isBroker =
      url !== null &&
      (url.protocol === 'mqtt:' || url.protocol === 'mqtts:') &&
      url.hostname !== '' &&
      url.username + url.password + url.search + url.hash === '' &&
      /^\/?$/.test(url.pathname);
    return isBroker ? { value: written } : { code: 'config.broker-url' };
  }, words);

/** The id of a group, an edge node or a host: one level of a topic (Sparkplug 3.0 §4). */
export const sparkplugId = (words: Words<string>): Option<string> =>
  text({ ...words, max: 128, pattern: /^[^+#/\p{Cc}]+$/u, code: 'config.sparkplug-id' });

/** opc.tcp:// with host and port, and nothing secret inside (OPC 10000-6 §7.2). */
export const opcuaUrl = (words: Words<string>): Option<string> =>
  parsedText((written) => {
    const url = URL.parse(written);
    const isServer =
      url?.protocol === 'opc.tcp:' &&
      url.hostname !== '' &&
      url.username + url.password + url.search + url.hash === '';
    return isServer ? { value: written } : { code: 'config.opcua-url' };
  }, words);

export const timezone = (words: Words<string>): Option<string> =>
  parsedText((written) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: written });
      if (/^[A-Za-z]/.test(written) && written !== 'CST') return { value: written };
    } catch {
      // RangeError is how Intl says "unknown zone"; the refusal below says it to people.
    }
    const nearest = CHINA.test(written)
      ? ['Asia/Shanghai', ...(written === 'CST' ? ['America/Chicago'] : [])]
      : byLikeness(written, Intl.supportedValuesOf('timeZone')).slice(0, 3);
    return { code: 'config.timezone', details: { nearest: nearest.join(', ') } };
  }, words);

/**
 * What people write for the one zone of China, which is named after Shanghai alone. To Intl CST is the
 * time of Chicago, fourteen hours away: it is refused.
 */
const CHINA = /beijing|peking|china|中国|北京|上海|^cst$|^(utc|gmt)?\+0?8(:?00)?$/i;

export const serialPath = (words: Words<string>): Option<string> =>
  parsedText(
    (written) => (written.startsWith('/') ? { value: written } : { code: 'config.serial-path' }),
    words,
  );

const LONGEST_TOPIC = 256;

/** An MQTT topic with `{gateway}`, `{class}`, `{device}` and `{tag}` (MQTT 5.0 §4.7). */
export const topic = (words: Words<string>): Option<string> =>
  parsedText(
    (written) => {
      const literal = written.replace(/\{(gateway|class|device|tag)\}/g, '');
      return /[+#{}]/.test(literal) || /^[$/]/.test(written) || /\/\/|\/$/.test(written)
        ? { code: 'config.topic' }
        : { value: written };
    },
    { ...words, max: LONGEST_TOPIC },
  );

/** A path or a text as it is, or a reference to it. */
export const source = (words: Words<string>): Option<Source> => parsedText(sourceOf, words);

/** A reference; the secret itself is refused and never repeated. */
export const secret = (words: Words<string>): Option<Source> =>
  parsedText(
    (written) => {
      const read = sourceOf(written);
      if ('code' in read || read.value.kind !== 'plain') return read;
      return { code: 'config.secret-literal' };
    },
    { ...words, wrongType: 'config.secret-literal' },
  );

/** 32 bytes in Base64, whose last character has two bits to spare. */
const KEY_TEXT = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/** The bytes of a public key (Ed25519); undefined for any other text, a private key among them. */
export function publicKeyBytes(written: string): Uint8Array | undefined {
  return KEY_TEXT.test(written) ? new Uint8Array(Buffer.from(written, 'base64')) : undefined;
}

/** A public key as it is, or a reference to it. */
export const publicKey = (words: Words<string>): Option<Source> =>
  parsedText((written) => {
    const read = sourceOf(written);
    const isNone = 'value' in read && read.value.kind === 'plain' && !publicKeyBytes(written);
    return isNone ? { code: 'config.operator-key' } : read;
  }, words);

function sourceOf(written: string): { readonly value: Source } | Refusal {
  const value = parseSource(written);
  return value ? { value } : { code: 'config.reference-form' };
}
