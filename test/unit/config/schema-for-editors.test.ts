/** What editors are told of a site: small, whole, and true of the sites that are here. */
import { describe, expect, it } from 'vitest';
import { renderSchema } from '../../../config/render.ts';
import { withDefinitions } from '../../../config/render-definitions.ts';
import { withPlaceholders } from '../../../config/render-placeholders.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import type { JsonSchema } from '../../../gateway/host/schema.ts';

const text = renderSchema(DRIVER_OPTIONS);
const schema = JSON.parse(text) as JsonSchema & { readonly definitions: Record<string, unknown> };

describe('the schema of a site', () => {
  it('has every part that it refers to, and refers to every part that it has', () => {
    const named = [...text.matchAll(/"\$ref": "#\/definitions\/([^"]+)"/g)].map(([, name]) => name);
    expect([...new Set(named)].sort()).toEqual(Object.keys(schema.definitions).sort());
  });

  it('tells the form of a rule once', () => {
    expect(text.match(/"on_delay"/g)).toHaveLength(1);
    expect(text.match(/"abort_when"/g)).toHaveLength(1);
  });

  it('tells what may be written of a tag once', () => {
    expect(text.match(/"max_step"/g)).toHaveLength(1);
    expect(text.match(/"#\/definitions\/writes"/g)?.length).toBeGreaterThan(1);
  });

  it('takes 8E1, which YAML reads as a number', () => {
    expect(text).toContain('"8E1"');
    const [, buses] = text.split('"buses"');
    expect(buses).toMatch(/"enum": \[[^\]]*"8E1"[^\]]*\b80\b[^\]]*\]/);
  });
});

describe('parts that stand in several places', () => {
  const part = { description: 'One.', type: 'object', properties: { a: { type: 'number' } } };

  it('are written once, with their words where they stand', () => {
    const whole = { anyOf: [part, { ...part, description: 'Another.' }, { type: 'number' }] };
    expect(withDefinitions(whole, { part })).toEqual({
      anyOf: [
        { description: 'One.', $ref: '#/definitions/part' },
        { description: 'Another.', $ref: '#/definitions/part' },
        { type: 'number' },
      ],
      definitions: { part: { type: 'object', properties: { a: { type: 'number' } } } },
    });
  });

  it('may hold each other', () => {
    const outer = { type: 'array', items: part };
    expect(withDefinitions({ not: outer }, { outer, part })).toMatchObject({
      not: { $ref: '#/definitions/outer' },
      definitions: { outer: { items: { $ref: '#/definitions/part' } } },
    });
  });
});

describe('a placeholder', () => {
  const placeholder = { $ref: '#/definitions/placeholder' };
  it.each<[string, JsonSchema, JsonSchema]>([
    ['stands for a number', { type: 'number' }, { anyOf: [{ type: 'number' }, placeholder] }],
    [
      'stands for a length of time, whose words stay outside',
      { type: 'string', pattern: '^[0-9]+s$', description: 'How long.', default: '1s' },
      {
        description: 'How long.',
        default: '1s',
        anyOf: [{ type: 'string', pattern: '^[0-9]+s$' }, placeholder],
      },
    ],
    ['is text, as it is', { type: 'string' }, { type: 'string' }],
    [
      'is one form more',
      { anyOf: [{ type: 'number' }, { enum: ['low'], type: 'string' }] },
      { anyOf: [{ type: 'number' }, { enum: ['low'], type: 'string' }, placeholder] },
    ],
    [
      'stands deep inside',
      { type: 'object', properties: { a: { type: 'array', items: { type: 'boolean' } } } },
      {
        type: 'object',
        properties: { a: { type: 'array', items: { anyOf: [{ type: 'boolean' }, placeholder] } } },
      },
    ],
  ])('%s', (_, given, expected) => {
    expect(withPlaceholders(given)).toEqual(expected);
  });
});
