/** Why a one-off request brought no value, in words with a next step. Pure. */
import type { Reading } from '../../../drivers/driver.ts';
import { EXPLAINERS } from '../../../drivers/explainers.ts';
import type { Explainer, Explanation } from '../../../drivers/explanation.ts';
import { GatewayError, type Language } from '../../model/errors.ts';
import { isBad } from '../../model/quality.ts';
import type { BusUrl } from './bus-url.ts';
import { hex } from './hex.ts';
import type { Overheard } from './tapped-line.ts';

/** Whom we asked, for the words. */
export interface Asked {
  /** The bus as typed. */
  readonly target: string;
  readonly language: Language;
  readonly explainer: Explainer | undefined;
}

const MOST_SHOWN_BYTES = 40;

/** The explainer of what goes over this bus. */
export const explainerOf = (
  protocol: string,
  { transport, ascii }: Pick<BusUrl, 'transport' | 'ascii'>,
): Explainer | undefined =>
  protocol === 'modbus'
    ? EXPLAINERS.get(
        transport.kind === 'tcp' ? 'modbus-tcp' : ascii ? 'modbus-ascii' : 'modbus-rtu',
      )
    : EXPLAINERS.get(protocol);

/** What went wrong with a reading that has a bad sample, by what was heard on the wire. */
export function readFailure(
  { outcome, samples }: Pick<Reading, 'outcome' | 'samples'>,
  overheard: Overheard,
  asked: Asked,
): GatewayError {
  const { target, language } = asked;
  const answer = withoutEcho(overheard);
  if (overheard.received.length === 0) return new GatewayError('cli.silent', { target });
  if (answer.length === 0) return new GatewayError('cli.echo-only', { target });
  const explained = asked.explainer?.explain(Buffer.concat([overheard.sent, answer]));
  if (outcome === 'garbled' || explained?.ok === false)
    return new GatewayError('cli.garbled', {
      target,
      bytes: shown(answer),
      reason: explained?.ok === false ? explained.words[language] : STRANGER[language],
    });
  const refusal = explained?.ok ? refusalOf(explained, overheard.sent.length, language) : undefined;
  if (refusal !== undefined) return new GatewayError('cli.refused', { target, refusal });
  const quality = samples.find((sample) => isBad(sample.quality))?.quality ?? 'bad:device';
  return new GatewayError('cli.no-value', { target, quality, bytes: shown(answer) });
}

const STRANGER: Readonly<Record<Language, string>> = {
  en: 'a frame, but not the answer to this request',
  zh: '是一帧数据，但不是对本次请求的应答',
};

/** An adapter that hears itself hands back the request before anything else. */
export function withoutEcho({ sent, received }: Overheard): Uint8Array {
  const isEcho =
    received.length >= sent.length &&
    sent.length > 0 &&
    sent.every((byte, i) => received[i] === byte);
  return isEcho ? received.subarray(sent.length) : received;
}

const shown = (bytes: Uint8Array): string =>
  bytes.length > MOST_SHOWN_BYTES ? `${hex(bytes.subarray(0, MOST_SHOWN_BYTES))} …` : hex(bytes);

/** The device's own words for no: an exception or an error word. */
function refusalOf(
  { fields, parts }: Extract<Explanation, { ok: true }>,
  requestLength: number,
  language: Language,
): string | undefined {
  const { exception, error } = fields;
  const isRefusal = exception !== undefined || error !== undefined;
  if (!isRefusal) return undefined;
  const words = parts.filter(({ at }) => at >= requestLength).map(({ label }) => label[language]);
  const named = exception === undefined ? `${error}` : `${exception}`;
  return words.find((text) => text.includes(named)) ?? named;
}
