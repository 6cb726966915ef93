/** A write before and after it was sent, as people and programs read it. Pure. */
import type { WriteRequest } from '../../../drivers/driver.ts';
import type { Explainer } from '../../../drivers/explanation.ts';
import type { Language } from '../../model/errors.ts';
import { plainValue, type Value } from '../../model/sample.ts';
import { MEANINGS } from '../commands/command-words.ts';
import { renderParts } from '../decode/decode-view.ts';
import type { BusUrl } from '../wire/bus-url.ts';
import { hex } from '../wire/hex.ts';
import type { Finished } from './write-once.ts';

export interface Preview {
  readonly bus: BusUrl;
  readonly request: WriteRequest;
  readonly explainer: Explainer | undefined;
}

/** What would be sent, byte by byte. */
export function renderPreview(
  { bus, request, explainer }: Preview,
  frame: Uint8Array,
  language: Language,
): string {
  const value = plainValue(request.value);
  const head =
    language === 'zh'
      ? `将 ${request.tag.quantity} = ${value} 写入 ${bus.text}：`
      : `${request.tag.quantity} = ${value} to ${bus.text}:`;
  const explained = explainer?.explain(frame);
  const bytes = explained?.parts.length
    ? renderParts(frame, explained.parts, language)
    : `  ${hex(frame)}`;
  return `${head}\n${bytes}`;
}

/** The outcome's word and what it means; below it why, and the next step. */
export function renderOutcome({ outcome, reason, readBack }: Finished, language: Language): string {
  const holds = { en: 'it holds', zh: '当前值' }[language];
  const now = readBack === undefined ? '' : ` (${holds} ${plainValue(readBack)})`;
  const lines = [`${outcome}: ${MEANINGS[outcome][language]}${now}`];
  if (reason) lines.push(reason.describe(language), `  → ${reason.hint(language)}`);
  return lines.join('\n');
}

/** The JSON of a write. */
export const outcomeFields = (
  { outcome, reason, readBack }: Finished,
  { quantity, value }: { readonly quantity: string; readonly value: Value },
  language: Language,
) => ({
  outcome,
  address: quantity,
  value: plainValue(value),
  ...(readBack !== undefined && { read_back: plainValue(readBack) }),
  ...(reason && {
    code: reason.code,
    reason: reason.describe(language),
    hint: reason.hint(language),
  }),
});

/** The same with what went over the line. */
export const reportFields = (
  finished: Finished,
  { frame, request }: { readonly frame: Uint8Array | undefined; readonly request: WriteRequest },
  language: Language,
) => ({
  ...outcomeFields(finished, { quantity: request.tag.quantity, value: request.value }, language),
  frame: frame === undefined ? null : hex(frame),
  sent: finished.overheard ? hex(finished.overheard.sent) : null,
  received: finished.overheard ? hex(finished.overheard.received) : null,
});
