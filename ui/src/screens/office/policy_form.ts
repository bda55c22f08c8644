import type { FeverOperator, Policy, PolicyRefusal, YellowRule } from '../../ipc/backend';
import { degrees, tenths } from '../../words/format';

/** The policy as it is typed. */
export type PolicyForm = {
  threshold: string;
  operator: FeverOperator;
  low_limit: string;
  mask: 'required' | 'free';
  yellow: YellowRule;
  repeat: string;
};

/** A field of the form that can be refused. */
export type PolicyField = 'threshold' | 'low_limit' | 'repeat';

/** The form for a policy. */
export function formOf(policy: Policy): PolicyForm {
  return {
    threshold: degrees(policy.fever_threshold),
    operator: policy.fever_operator,
    low_limit: degrees(policy.low_limit),
    mask: policy.mask_required ? 'required' : 'free',
    yellow: policy.yellow_rule,
    repeat: String(policy.repeat_window_minutes),
  };
}

/** The policy of a form, or the fields that hold no number. Whether the numbers make sense, Rust decides. */
export function policyOf(form: PolicyForm): { policy: Policy } | { unreadable: PolicyField[] } {
  const threshold = tenths(form.threshold);
  const low = tenths(form.low_limit);
  const repeat = /^\d{1,5}$/.test(form.repeat.trim()) ? Number(form.repeat) : null;
  if (threshold === null || low === null || repeat === null || repeat > 65535) {
    const unreadable: PolicyField[] = [];
    if (threshold === null) unreadable.push('threshold');
    if (low === null) unreadable.push('low_limit');
    if (repeat === null || repeat > 65535) unreadable.push('repeat');
    return { unreadable };
  }
  return {
    policy: {
      fever_threshold: threshold,
      fever_operator: form.operator,
      low_limit: low,
      mask_required: form.mask === 'required',
      yellow_rule: form.yellow,
      repeat_window_minutes: repeat,
    },
  };
}

/** The field beside which a refusal of Rust stands. */
export function fieldOf(refusal: PolicyRefusal): PolicyField {
  switch (refusal) {
    case 'nothing_is_normal':
      return 'low_limit';
    case 'repeat_window_too_long':
      return 'repeat';
  }
}
