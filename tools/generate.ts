/** Writes the generated documents; tests fail while they are stale. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadProfiles } from '../config/profiles.ts';
import { renderReference, renderSchema } from '../config/render.ts';
import { renderProfiles } from '../config/render-profiles.ts';
import { DRIVER_OPTIONS } from '../drivers/options.ts';
import { readRecords } from '../test/torture/fault-record.ts';
import { renderDlt645 } from './dlt645-reference.ts';
import { renderErrors } from './errors-reference.ts';
import { renderFaults } from './faults-reference.ts';
import { renderRulesReference } from './rules-reference.ts';
import { renderSelfTags } from './self-tags-reference.ts';
import { renderSparkplug } from './sparkplug-reference.ts';

const root = join(import.meta.dirname, '..');
const write = (path: string, text: string) => writeFileSync(join(root, path), text);

mkdirSync(join(root, 'docs'), { recursive: true });
write('docs/ERRORS.md', renderErrors());
write('config/gateway.schema.json', renderSchema(DRIVER_OPTIONS));
write('docs/reference-configuration.md', renderReference(DRIVER_OPTIONS));
write('docs/dlt645-identifiers.md', renderDlt645());
write('docs/reference-profiles.md', renderProfiles(await loadProfiles(DRIVER_OPTIONS)));
write('docs/self-tags.md', renderSelfTags());
write('docs/reference-rules.md', renderRulesReference('en'));
write('docs/reference-rules.zh-CN.md', renderRulesReference('zh'));
write('docs/sparkplug.md', renderSparkplug());
write('docs/FAULTS.md', renderFaults(readRecords()));
