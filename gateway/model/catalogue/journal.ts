import type { ErrorText } from '../errors.ts';

/** The durable log and the worker that owns it. */
export const journalErrors = {
  'journal.disk-full': {
    kind: 'operator',
    message: {
      en: 'no room left for the journal {path}: {reason}',
      zh: '日志库 {path} 没有可用空间：{reason}',
    },
    hint: {
      en: 'free space on that disk or lower journal.max_size; samples wait in memory meanwhile and what does not fit there is recorded as a gap',
      zh: '请清理该磁盘或减小 journal.max_size；期间采样暂存内存，放不下的部分会记录为缺口',
    },
  },
  'journal.space-low': {
    kind: 'operator',
    message: {
      en: 'others have taken the room of the journal: {missing} MB of its size are not there, {free} MB are free',
      zh: '磁盘空间被其他程序占用：日志库按配置还缺 {missing} MB，剩余 {free} MB',
    },
    hint: {
      en: 'delete what does not belong on that disk, or lower journal.max_size; until then the journal keeps less, and in an outage thins and drops earlier',
      zh: '请删除该磁盘上无关的文件，或减小 journal.max_size；在此之前日志库保留的数据更少，断网时会更早抽稀和丢弃',
    },
  },
  'journal.space-critical': {
    kind: 'operator',
    message: {
      en: 'the disk of the journal is full: {free} MB are free',
      zh: '日志库所在磁盘已满：剩余 {free} MB',
    },
    hint: {
      en: 'delete what does not belong on that disk now; samples wait in memory, and what does not fit there is lost and counted; the gateway goes on by itself when there is room',
      zh: '请立即删除该磁盘上无关的文件；采样暂存内存，放不下的会丢失并计数；有空间后网关自动恢复',
    },
  },
  'journal.file-system-unfit': {
    kind: 'operator',
    message: {
      en: 'the folder of the journal, {folder}, is on {fileSystem}, which does not keep what it says it has stored',
      zh: '日志库目录 {folder} 位于 {fileSystem} 文件系统，断电时不能保证已写入的数据',
    },
    hint: {
      en: 'move the journal (journal.path) to a local disk with ext4, xfs, btrfs or f2fs',
      zh: '请将日志库（journal.path）移到使用 ext4、xfs、btrfs 或 f2fs 的本地磁盘',
    },
  },
  'journal.locked': {
    kind: 'operator',
    message: {
      en: 'the journal {path} is in use by another process',
      zh: '日志库 {path} 正被另一个进程使用',
    },
    hint: {
      en: 'stop the other gateway, or give this one a journal.path of its own',
      zh: '请停止另一个网关进程，或为本网关设置单独的 journal.path',
    },
  },
  'journal.unusable': {
    kind: 'operator',
    message: {
      en: 'cannot open the journal {path}: {reason}',
      zh: '无法打开日志库 {path}：{reason}',
    },
    hint: {
      en: 'check that the directory exists, is on a local disk and may be written by the user of the gateway',
      zh: '请确认目录存在、位于本地磁盘，且网关用户有写权限',
    },
  },
  'journal.newer-format': {
    kind: 'operator',
    message: {
      en: 'the journal {path} has format {found}, this version reads up to {known}',
      zh: '日志库 {path} 的格式为 {found}，本版本最高支持 {known}',
    },
    hint: {
      en: 'start the newer version again, or set another journal.path; the file was left as it is',
      zh: '请重新使用较新的版本，或设置其他 journal.path；原文件未被改动',
    },
  },
  'journal.corrupt': {
    kind: 'transient',
    message: {
      en: 'the journal {path} is damaged: {reason}',
      zh: '日志库 {path} 已损坏：{reason}',
    },
    hint: {
      en: 'the gateway sets the file aside and goes on with a new one; if it repeats, replace the disk',
      zh: '网关会将该文件移开并启用新文件；如反复出现，请更换存储介质',
    },
  },
  'journal.salvaging': {
    kind: 'operator',
    message: {
      en: 'the journal was damaged and was set aside as {file}; {blocks} of the {found} blocks found in it so far are saved',
      zh: '日志库已损坏，隔离为 {file}；目前在其中找到 {found} 块，已抢救 {blocks} 块',
    },
    hint: {
      en: 'nothing to do for the data, "headgate status" tells how far it is; check the kernel log, the power supply and the age of the disk',
      zh: '数据方面无需操作，进度见 "headgate status"；请检查内核日志、电源和存储介质的使用年限',
    },
  },
  'journal.salvaged': {
    kind: 'operator',
    message: {
      en: 'a damaged journal was set aside as {file}; {blocks} blocks were saved from it, {lost} blocks were not: {lostSamples} samples are known to be lost',
      zh: '损坏的日志库已隔离为 {file}；已抢救 {blocks} 块，{lost} 块未能救出，已知丢失 {lostSamples} 个样本',
    },
    hint: {
      en: 'check the kernel log, the power supply and the age of the disk; if it happens again, replace the disk. This stands until the gateway is started again',
      zh: '请检查内核日志、电源和存储介质的使用年限；再次出现时请更换存储介质。此报警保留到网关下次启动',
    },
  },
  'journal.io-failed': {
    kind: 'transient',
    message: {
      en: 'the disk under the journal {path} failed: {reason}',
      zh: '日志库 {path} 所在磁盘读写失败：{reason}',
    },
    hint: {
      en: 'the gateway opens the journal again by itself; if it repeats, check the kernel log and the disk',
      zh: '网关会自动重新打开日志库；如反复出现，请检查内核日志和磁盘',
    },
  },
  'journal.worker-died': {
    kind: 'transient',
    message: {
      en: 'the journal worker ended: {reason}',
      zh: '日志库工作线程已退出：{reason}',
    },
    hint: {
      en: 'the gateway starts it again by itself and hands over again what was not stored',
      zh: '网关会自动重启该线程，并重新提交尚未存储的数据',
    },
  },
  'journal.batch-refused': {
    kind: 'bug',
    message: {
      en: 'the journal could not store a batch: {reason}',
      zh: '日志库无法存储一批数据：{reason}',
    },
    hint: {
      en: 'please report this with the log; after several attempts the batch is recorded as a gap',
      zh: '请将此问题连同日志一并上报；多次重试失败后，该批数据会记录为缺口',
    },
  },
  'journal.command-no-worker': {
    kind: 'transient',
    message: {
      en: 'the command {key} cannot be written down or looked up: the journal is not open',
      zh: '命令 {key} 无法写入或查询日志库：日志库未打开',
    },
    hint: {
      en: 'the gateway opens the journal again by itself; a command that waits for it was not sent, give it again when `headgate status` shows it open',
      zh: '网关会自动重新打开日志库；等待写入日志库的命令未下发，待 `headgate status` 显示日志库已打开后请重新下发',
    },
  },
  'journal.command-worker-died': {
    kind: 'transient',
    message: {
      en: 'the journal worker ended while it was writing down the command {key}',
      zh: '日志库工作线程在写入命令 {key} 时退出',
    },
    hint: {
      en: 'the gateway starts it again by itself; a command that waits for the journal was not sent, give it again',
      zh: '网关会自动重启该线程；等待写入日志库的命令未下发，请重新下发',
    },
  },
  'journal.command-late': {
    kind: 'transient',
    message: {
      en: 'the journal did not answer for the command {key} within {patience_ms} ms',
      zh: '日志库在 {patience_ms} ms 内未响应命令 {key}',
    },
    hint: {
      en: 'the disk is slow or busy, check it; a command that waits for the journal was not sent, give it again',
      zh: '磁盘响应慢或繁忙，请检查；等待写入日志库的命令未下发，请重新下发',
    },
  },
  'journal.commands-busy': {
    kind: 'transient',
    message: {
      en: 'the command {key} was refused: {limit} commands wait to be written down already',
      zh: '命令 {key} 被拒绝：已有 {limit} 条命令等待写入日志库',
    },
    hint: {
      en: 'the disk does not keep up with the commands: give fewer, or check the disk',
      zh: '磁盘跟不上命令的写入速度：请降低下发频率，或检查磁盘',
    },
  },
  'journal.flash-budget-held': {
    kind: 'operator',
    message: {
      en: 'the loss window is now {window} s instead of {declared} s, to hold journal.flash_budget: {written} MB a day were written, {budget} MB are allowed',
      zh: '丢失窗口现为 {window} 秒（声明 {declared} 秒），以遵守 journal.flash_budget：每日写入 {written} MB，允许 {budget} MB',
    },
    hint: {
      en: 'a power cut may cost that much telemetry now; give tags a deadband or a slower scan, or allow more',
      zh: '现在断电可能丢失这么长时间的遥测数据；请为点设置死区或放慢扫描，或提高预算',
    },
  },
  'journal.flash-budget-exceeded': {
    kind: 'operator',
    message: {
      en: '{written} MB a day are written, more than journal.flash_budget ({budget} MB), even with a loss window of {window} s',
      zh: '丢失窗口已放宽到 {window} 秒，每日写入 {written} MB，仍超过 journal.flash_budget（{budget} MB）',
    },
    hint: {
      en: 'see by "headgate status" what writes most; give tags a deadband or a slower scan, raise journal.loss_window_max, or allow more',
      zh: '用 "headgate status" 查看写入最多的原因；请为点设置死区或放慢扫描，增大 journal.loss_window_max，或提高预算',
    },
  },
  'journal.commands-full': {
    kind: 'bug',
    message: {
      en: 'the command {key} was refused: {limit} commands without an end are in the journal',
      zh: '命令 {key} 被拒绝：日志库中未结束的命令已达 {limit} 条',
    },
    hint: {
      en: 'please report this with the log; a restart of the gateway ends the commands that were left behind',
      zh: '请将此问题连同日志一并上报；重启网关会结束遗留的命令',
    },
  },
  'journal.command-too-large': {
    kind: 'bug',
    message: {
      en: 'the facts of the command {key} take {bytes} bytes, more than {limit}',
      zh: '命令 {key} 的附加信息为 {bytes} 字节，超过上限 {limit} 字节',
    },
    hint: {
      en: 'please report this with the log; the command was not sent',
      zh: '请将此问题连同日志一并上报；该命令未下发',
    },
  },
} as const satisfies Record<string, ErrorText>;
