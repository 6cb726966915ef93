import type { ErrorText } from '../errors.ts';

/** Every problem of a profile is for the one who writes it or names it, and has a place. */
const operator = (en: string, zh: string, hintEn: string, hintZh: string): ErrorText => ({
  kind: 'operator',
  message: { en, zh },
  hint: { en: hintEn, zh: hintZh },
});

export const profileErrors = {
  'profile.unknown': operator(
    'there is no profile {found}',
    '没有设备模板 {found}',
    'docs/reference-profiles.md lists them; the likeliest: {known}',
    '列表见 docs/reference-profiles.md；最接近的：{known}',
  ),
  'profile.id-form': operator(
    '{found} cannot be the id of a profile',
    '{found} 不能作为设备模板的标识',
    'maker and model in small letters, digits and -: eastron/sdm630',
    '由厂家和型号组成，只用小写字母、数字和 -：eastron/sdm630',
  ),
  'profile.cycle': operator(
    'the profile extends itself: {chain}',
    '设备模板继承了自身：{chain}',
    'remove one "extends" of this circle; it begins at {first}',
    '请删除此循环中的一个 extends；循环始于 {first}',
  ),
  'profile.too-deep': operator(
    'more than {max} profiles extend each other',
    '设备模板的继承超过 {max} 层',
    'let this profile extend the one that all of them go back to',
    '请让该模板直接继承最底层的模板',
  ),
  'profile.tag-unknown': operator(
    'profile {profile} has no tag {found}',
    '设备模板 {profile} 没有测点 {found}',
    'it has, the likeliest first: {known}; a tag that it does not have needs an address',
    '模板中的测点（最接近的在前）：{known}；模板之外的测点需要写 address',
  ),
  'profile.protocol-differs': operator(
    'profile {profile} speaks {known}, not {found}',
    '设备模板 {profile} 使用 {known}，而不是 {found}',
    'remove "protocol"; the profile says it',
    '请删除 protocol，它由模板决定',
  ),
  'profile.frame-form': operator(
    '"{key}" needs bytes in hexadecimal, not {found}',
    '“{key}”应为十六进制字节，而不是 {found}',
    'pairs of digits, with or without blanks: 01 04 00 00 00 02 71 CB',
    '成对的数字，可用空格分隔：01 04 00 00 00 02 71 CB',
  ),
} as const satisfies Record<string, ErrorText>;
