import { loadSite } from '../../config/load.ts';
import { renderProblems } from '../../config/report.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { journalProblems } from './journal-problems.ts';
import { sitePath } from './load-site.ts';
import { planProblems } from './plan/plan-problems.ts';
import type { Verb } from './verb.ts';

export const checkVerb: Verb = {
  usage: 'headgate check [site]',
  about: {
    en: 'Reads the whole site and prints every problem at once as file:line:col code message. The tests of its rules are run, and the load of each bus is computed as by plan. Connects to nothing. Exit code 1 when there is an error.',
    zh: '读取整个站点，一次列出所有问题，格式为 文件:行:列 代码 说明。同时运行规则测试，并按 plan 计算各总线负载。不连接任何设备。存在错误时退出码为 1。',
  },
  options: {
    json: { type: 'boolean', help: { en: 'the problems as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    ['headgate check ./my-site', { en: 'the site in this folder', zh: '检查该目录中的站点' }],
  ],
  async run(call) {
    const path = sitePath(call);
    const loaded = await loadSite(path, DRIVER_OPTIONS);
    const problems = loaded.ok
      ? [
          ...loaded.warnings,
          ...(await planProblems(path, loaded.site, call.clock)),
          ...(await journalProblems(path, loaded.site)),
        ]
      : loaded.problems;
    const ok = problems.every(({ severity }) => severity !== 'error');
    if (call.values.json) {
      call.print(JSON.stringify({ ok, site: path, problems }));
      return ok ? 0 : 1;
    }
    if (problems.length > 0) call.print(renderProblems(problems, call.language));
    if (!ok || !loaded.ok) return 1;
    const { site } = loaded;
    const sizes = {
      devices: site.devices.length,
      tags: site.tags.length,
      buses: site.buses.length,
      rules: site.rules.rules.length,
      tests: site.rules.rules.reduce((sum, { tests }) => sum + tests.length, 0),
    };
    const { buses, devices, tags, rules, tests } = sizes;
    const [found, ran] =
      call.language === 'zh'
        ? [
            `没有错误：${buses} 条总线，${devices} 台设备，${tags} 个点`,
            `，${rules} 条规则，已运行 ${tests} 个规则测试`,
          ]
        : [
            `has no errors: ${buses} buses, ${devices} devices, ${tags} tags`,
            `, ${rules} rules, ${tests} rule tests run`,
          ];
    call.print(`${path} ${found}${ran}`);
    return 0;
  },
};
