/**
 * `headgate read --expect 231.4`: which type, order, scale and address give the number that the device shows. For
 * people with a manual that does not say.
 */
import type { ModbusAddress } from '../../../drivers/modbus/tag-options.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Call, Words } from '../verb.ts';
import type { AskedDevice } from '../wire/asked-device.ts';
import { tagAt, usage } from '../wire/device-flags.ts';
import { readFailure } from '../wire/read-failure.ts';
import { type Candidate, candidates, type Registers, WORDS_AROUND } from './expected-value.ts';
import { readOnce } from './read-once.ts';

const HEADING: Words = {
  en: 'these addresses give it, the likeliest first:',
  zh: '以下地址与之相符，最可能的在前：',
};
const NEAR: Words = { en: 'near it', zh: '接近' };
const BESIDE: Words = { en: 'beside the address you named', zh: '在所给地址旁边' };
const BEHIND: Words = { en: 'behind a transformer', zh: '经互感器' };

/** Prints what gives the number; throws `cli.nothing-matches` when nothing does. */
export async function readExpected(
  call: Call,
  asked: AskedDevice,
  addresses: readonly string[],
  text: string,
): Promise<number> {
  const [written, ...others] = addresses;
  if (written === undefined || others.length > 0 || asked.device.protocol !== 'modbus')
    throw usage('read', '--expect takes one register of a Modbus device');
  if (!(Math.abs(Number(text)) > 0))
    throw usage('read', `--expect takes the number on the display, and not 0: "${text}"`);
  const how = { verb: 'read', language: call.language };
  const { table, address } = tagAt(written, 0, asked.device, how).address as ModbusAddress;
  if (table !== 'holding' && table !== 'input')
    throw usage('read', '--expect takes a holding or input register');
  const registers = await readRegisters(call, asked, { table, address });
  const found = candidates(registers, { table, address }, text);
  if (found.length === 0)
    throw new GatewayError('cli.nothing-matches', {
      expected: text,
      address: written,
      registers: [...registers].map(([at, word]) => `${at}=${word}`).join(' '),
    });
  if (call.values.json) for (const candidate of found) call.print(JSON.stringify(candidate));
  else call.print([HEADING[call.language], ...found.map((it) => render(it, call))].join('\n'));
  return 0;
}

/** The registers around an address; those that the device refuses are left out. */
async function readRegisters(
  call: Call,
  asked: AskedDevice,
  { table, address }: { readonly table: string; readonly address: number },
): Promise<Registers> {
  const how = { verb: 'read', language: call.language };
  const [before, behind] = WORDS_AROUND;
  const places = Array.from({ length: before + 1 + behind }, (_, i) => address - before + i);
  const requests = places
    .filter((place) => place >= 0 && place <= 0xffff)
    .map((place, i) => tagAt(`${table}:${place} uint16 abcd`, i, asked.device, how));
  const { samples, failures } = await readOnce(call, asked, requests);
  const words = new Map<number, number>();
  for (const request of requests) {
    const value = samples.get(request.tag.id)?.value;
    if (typeof value === 'number') words.set((request.address as ModbusAddress).address, value);
  }
  const [failed] = failures;
  if (failed && words.size === 0)
    throw readFailure(failed.reading, failed.overheard, {
      target: asked.bus.text,
      language: call.language,
      explainer: asked.explainer,
    });
  return words;
}

function render({ yaml, value, exact, offset, ratio }: Candidate, { language }: Call): string {
  const notes = [
    ...(exact ? [] : [NEAR[language]]),
    ...(offset === 0 ? [] : [BESIDE[language]]),
    ...(ratio === 1 ? [] : [`${BEHIND[language]} × ${ratio}`]),
  ];
  return `  ${yaml}  # ${value}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}
