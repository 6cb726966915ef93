/** A reader of InfluxDB line protocol, written from its reference alone; it throws where a line is none. */
export interface InfluxPoint {
  readonly measurement: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly fields: ReadonlyMap<string, number | string | boolean>;
  /** Nanoseconds. */
  readonly time: bigint;
}

export const readLines = (text: string): readonly InfluxPoint[] => text.split('\n').map(readLine);

export function readLine(line: string): InfluxPoint {
  const [key = '', fieldSet = '', time = ''] = splitAt(line, ' ');
  const [measurement = '', ...tagTexts] = splitAt(key, ',');
  const tags = tagTexts.map((text) => pairOf(text));
  const fields = splitAt(fieldSet, ',').map((text): [string, number | string | boolean] => {
    const [name, value] = pairOf(text, false);
    return [name, fieldValue(value)];
  });
  if (measurement === '' || fields.length === 0) throw new Error(`no point: ${line}`);
  if (!/^-?\d+$/.test(time)) throw new Error(`no time: ${line}`);
  return {
    measurement: unescaped(measurement),
    tags: new Map(tags),
    fields: new Map(fields),
    time: BigInt(time),
  };
}

/** Outside of quotes and not behind a backslash. */
function splitAt(text: string, separator: string): string[] {
  const parts: string[] = [''];
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] as string;
    if (sign === '\\') parts[parts.length - 1] += sign + (text[++at] ?? '');
    else if (sign === '"') {
      isQuoted = !isQuoted;
      parts[parts.length - 1] += sign;
    } else if (sign === separator && !isQuoted) parts.push('');
    else parts[parts.length - 1] += sign;
  }
  if (isQuoted) throw new Error(`an open quote: ${text}`);
  return parts;
}

function pairOf(text: string, isTag = true): [string, string] {
  const [key = '', ...rest] = splitAt(text, '=');
  const value = rest.join('=');
  if (key === '' || value === '') throw new Error(`no pair: ${text}`);
  return [unescaped(key), isTag ? unescaped(value) : value];
}

function fieldValue(text: string): number | string | boolean {
  if (text.startsWith('"')) return text.slice(1, -1).replace(/\\(["\\])/g, '$1');
  if (/^(t|T|true|True|TRUE)$/.test(text)) return true;
  if (/^(f|F|false|False|FALSE)$/.test(text)) return false;
  if (/^-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
  throw new Error(`no field value: ${text}`);
}

const unescaped = (text: string): string => text.replace(/\\([,= \\])/g, '$1');
