/**
 * Operating errors. Each has a frozen dotted code, a kind that says who can help, and words in both
 * languages: what happened and where, and the next step. The texts live in `catalogue/`, one file a room.
 */

import { alarmErrors } from './catalogue/alarm.ts';
import { chainErrors } from './catalogue/chain.ts';
import { cjt188Errors } from './catalogue/cjt188.ts';
import { cliErrors } from './catalogue/cli.ts';
import { commandErrors } from './catalogue/command.ts';
import { commandRemoteErrors } from './catalogue/command-remote.ts';
import { configErrors } from './catalogue/config.ts';
import { configBusErrors } from './catalogue/config-bus.ts';
import { configUplinkErrors } from './catalogue/config-uplink.ts';
import { configWriteErrors } from './catalogue/config-write.ts';
import { counterErrors } from './catalogue/counter.ts';
import { dlt645Errors } from './catalogue/dlt645.ts';
import { doctorErrors } from './catalogue/doctor.ts';
import { doctorOpcuaErrors } from './catalogue/doctor-opcua.ts';
import { forwardErrors } from './catalogue/forward.ts';
import { gpioErrors } from './catalogue/gpio.ts';
import { hj212Errors } from './catalogue/hj212.ts';
import { importErrors } from './catalogue/import.ts';
import { journalErrors } from './catalogue/journal.ts';
import { lineErrors } from './catalogue/line.ts';
import { modbusErrors } from './catalogue/modbus.ts';
import { opcuaErrors } from './catalogue/opcua.ts';
import { pollErrors } from './catalogue/poll.ts';
import { profileErrors } from './catalogue/profile.ts';
import { receiveErrors } from './catalogue/receive.ts';
import { recorderErrors } from './catalogue/recorder.ts';
import { replayErrors } from './catalogue/replay.ts';
import { ruleCellErrors } from './catalogue/rule-cell.ts';
import { ruleConfigErrors } from './catalogue/rule-config.ts';
import { ruleExpressionErrors } from './catalogue/rule-expression.ts';
import { ruleOperationErrors } from './catalogue/rule-operation.ts';
import { ruleReadingErrors } from './catalogue/rule-reading.ts';
import { ruleTestErrors } from './catalogue/rule-test.ts';
import { simErrors } from './catalogue/sim.ts';
import { sparkplugErrors } from './catalogue/sparkplug.ts';
import { trendErrors } from './catalogue/trend.ts';
import { trustErrors } from './catalogue/trust.ts';
import { whyErrors } from './catalogue/why.ts';

/**
 * transient: retried by policy · permanent: same input, same result · operator: someone must act ·
 * bug: ours.
 */
export type ErrorKind = 'transient' | 'permanent' | 'operator' | 'bug';
export type Language = 'en' | 'zh';

/** One catalogue entry; `{name}` in a text is filled from the error's details. */
export interface ErrorText {
  readonly kind: ErrorKind;
  readonly message: Readonly<Record<Language, string>>;
  /** The next step for whoever reads it. */
  readonly hint: Readonly<Record<Language, string>>;
}

export const CATALOGUE = {
  ...cliErrors,
  ...recorderErrors,
  ...chainErrors,
  ...doctorErrors,
  ...doctorOpcuaErrors,
  ...counterErrors,
  ...profileErrors,
  ...cjt188Errors,
  ...dlt645Errors,
  ...configErrors,
  ...configBusErrors,
  ...configUplinkErrors,
  ...configWriteErrors,
  ...forwardErrors,
  ...sparkplugErrors,
  ...hj212Errors,
  ...importErrors,
  ...journalErrors,
  ...lineErrors,
  ...modbusErrors,
  ...pollErrors,
  ...ruleExpressionErrors,
  ...ruleTestErrors,
  ...ruleCellErrors,
  ...ruleConfigErrors,
  ...simErrors,
  ...opcuaErrors,
  ...gpioErrors,
  ...alarmErrors,
  ...trustErrors,
  ...trendErrors,
  ...whyErrors,
  ...ruleOperationErrors,
  ...ruleReadingErrors,
  ...replayErrors,
  ...receiveErrors,
  ...commandErrors,
  ...commandRemoteErrors,
} as const satisfies Record<string, ErrorText>;

export type ErrorCode = keyof typeof CATALOGUE;
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(CATALOGUE, code);
export type ErrorDetails = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

/** The one error class for everything that can go wrong in operation. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(`${fill(CATALOGUE[code].message.en, details)} [${code}]`, { cause });
    this.code = code;
    this.details = details;
  }

  get kind(): ErrorKind {
    return CATALOGUE[this.code].kind;
  }

  /** What happened, in the reader's language, with the code behind it. */
  describe(language: Language): string {
    return `${fill(CATALOGUE[this.code].message[language], this.details, language)} [${this.code}]`;
  }

  /** The next step, in the reader's language. */
  hint(language: Language): string {
    return fill(CATALOGUE[this.code].hint[language], this.details, language);
  }
}

/** A short account of anything thrown, its causes included, fit for one log field. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message || error.name;
  return error.cause === undefined ? own : `${own}: ${reasonOf(error.cause)}`;
}

/** A text with `{name}` replaced by the detail of that name; in Chinese by `nameZh`, where there is such a detail. */
export const fill = (template: string, details: ErrorDetails, language: Language = 'en'): string =>
  template.replace(/\{(\w+)\}/g, (hole, key: string) => {
    const own = language === 'zh' ? `${key}Zh` : key;
    const found = Object.hasOwn(details, own) ? own : key;
    return Object.hasOwn(details, found) ? String(details[found]) : hole;
  });
