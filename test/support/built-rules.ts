/** Rules of a short site, from their YAML to what the engine runs, or to what is wrong with them. */
import { draftOf } from '../../config/draft.ts';
import { notesOn } from '../../config/notes.ts';
import { rulesOf } from '../../config/rules.ts';
import { parseYaml } from '../../config/yaml-document.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import type { RuleSet } from '../../rules/rule.ts';

export interface BuiltRules {
  readonly set: RuleSet;
  /** `line:col code message`, each. */
  readonly problems: readonly string[];
}

/** `tags`: those of the device, by name, each what stands behind `address:`. */
export function builtRules(
  device: string,
  tags: Readonly<Record<string, string>>,
  rules: string,
): BuiltRules {
  const lines = Object.entries(tags).map(
    ([name, address]) => `      ${name}: { address: ${address} }`,
  );
  return builtSite(`${rules}
gateway: { id: a, timezone: Asia/Shanghai }
buses: { line: { tcp: h:502 } }
devices:
  ${device}:
    bus: line
    protocol: modbus
    scan: 1s
    tags:
${lines.join('\n')}
`);
}

/** The same of a whole site. */
export function builtSite(site: string): BuiltRules {
  const { root, problems } = parseYaml(site, 'a.yaml');
  if (root === undefined) throw new Error(JSON.stringify(problems));
  const notes = notesOn(root);
  const draft = draftOf(root, DRIVER_OPTIONS, notes, new Set());
  const set = rulesOf(root, draft, notes);
  return {
    set,
    problems: notes.problems.map(
      ({ line, col, code, message }) => `${line}:${col} ${code} ${message.en}`,
    ),
  };
}
