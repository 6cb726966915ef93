/** The reference of the gateway's own tags, `docs/self-tags.md`, from their declarations. */
import { SELF_QUANTITIES, SELF_TAGS, selfTagId } from '../gateway/model/self-tag.ts';

export function renderSelfTags(): string {
  const rows = SELF_QUANTITIES.map((quantity) => {
    const { unit, type, deadband, doc } = SELF_TAGS[quantity];
    return `| \`${selfTagId(quantity)}\` | ${unit ?? (type === 'text' ? 'text' : '')} | ${deadband} | ${doc.en} | ${doc.zh} |`;
  });
  return `${HEAD}\n${rows.join('\n')}\n${TAIL}`;
}

const HEAD = `# What the gateway tells of itself · 网关自身的点

Generated from \`gateway/model/self-tag.ts\`.

The gateway has tags of its own, as any device has. They belong to the device \`gateway\`, are looked at once a minute, stored when they
change by more than their deadband, once an hour at least, and travel like every sample (\`headgate/v1/{gateway}/telemetry/gateway\`).
Rules may use them. \`gateway: { self_tags: off }\` switches them off. No device of a site may be called \`gateway\`.

网关像设备一样有自己的点，属于设备 \`gateway\`：每分钟检查一次，变化超过死区才存储（至少每小时一次），与普通样本一样上送，规则也可以使用。
\`gateway: { self_tags: off }\` 可关闭。站点中的设备不得命名为 \`gateway\`。

| tag · 点 | unit · 单位 | deadband · 死区 | meaning | 含义 |
| --- | --- | --- | --- | --- |`;

const TAIL = `
A value that is not known is bad, and its quality says why: \`bad:waiting\` not yet, \`bad:config\` the site does not declare what it takes
(\`journal.endurance\`), \`bad:out-of-service\` this disk does not say. \`a\` is the unit of years.

未知的值质量为坏，并说明原因：\`bad:waiting\` 尚未得出，\`bad:config\` 站点未声明所需参数（\`journal.endurance\`），\`bad:out-of-service\` 该磁盘不提供。单位 \`a\` 为年。

## The wear of the flash · 闪存磨损

\`headgate status\` says in one line what was written today and for what, how long the card lasts at that, which outage fits and how old the
oldest undelivered sample of each uplink is; \`--json\` and \`--metrics\` have all of it (\`gateway_flash_today_bytes{cause=…}\` and others).

| cause | what |
| --- | --- |
| \`telemetry\` \`record\` \`alarm\` | blocks of the journal, by class; acknowledgements that go along with a block are counted with it |
| \`commands\` | the ledger of commands and its audit |
| \`acknowledgements\` | what uplinks have acknowledged, where no block took it along |
| \`retention\` | removal of what is old or has to go |
| \`salvage\` | blocks that were damaged, and what is saved from a damaged file |
| \`checkpoint\` | SQLite's copying from its log into the file |
| \`opening\` | opening the journal |
| \`state\` | the files of state beside the journal |
| \`log\` | the log, where standard error is a file; what journald writes is not counted |

Bytes of the journal are those that the kernel counts for its thread (\`write_bytes\`: whole pages); on file systems that keep no such count,
bytes of calls; the status says which (\`counted\`). What the file system itself and the card add is not in them: an ext4 journal adds some
kilobytes a sync. Syncs are those that SQLite makes: one a commit, three a checkpoint with the beginning of a new log. Days are those of
UTC. The account is kept in the journal's file; a kill costs it at most ten minutes, a new file begins anew.

**Years.** Declare \`journal.endurance\`: the data sheet's TBW (\`10 TBW\` is \`10TB\`); where it names program/erase cycles only, size × cycles ÷ 4
(8 GB, 3000 cycles: \`6TB\`); for a card of no name, size × 300. An eMMC tells in its registers how much of its life is used; the gateway
believes it where it is worse than its own count. Other cards and disks say nothing without tools that need root.

**年限。** 请声明 \`journal.endurance\`：数据手册中的 TBW（\`10 TBW\` 即 \`10TB\`）；若只给出擦写次数，则为 容量 × 次数 ÷ 4（8 GB、3000 次即 \`6TB\`）；
无品牌存储卡按 容量 × 300 估算。eMMC 寄存器会给出已用寿命，若比网关自己的统计更差则以其为准；其他存储卡和磁盘不提供。

**Budget.** With \`journal.flash_budget: 500MB\` the gateway looks every quarter of an hour at what it writes. Where it is more than that a day, telemetry
waits longer for company, as long as it takes, up to \`journal.loss_window_max\` (10 s); records and alarms are stored at once all the same. Status, log and
an alarm say how long the window is now. It becomes shorter again when less is written.

**预算。** 配置 \`journal.flash_budget: 500MB\` 后，网关每一刻钟检查写入速率；超过预算时放宽遥测的丢失窗口（不超过 \`journal.loss_window_max\`，默认 10 秒），
记录和报警仍立即存储。状态、日志和报警都会说明当前窗口；写入减少后窗口自动恢复。
`;
