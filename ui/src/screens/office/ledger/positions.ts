/** Typed numbers of records, in any order and with any marks between; `null` where something else was typed. */
export function positionsOf(typed: string): number[] | null {
  const parts = typed.split(/[\s,，、;；]+/).filter((part) => part !== '');
  const numbers = parts.map((part) => (/^\d{1,10}$/.test(part) ? Number(part) : null));
  const found = numbers.filter((value) => value !== null && value <= 0xffff_ffff);
  if (found.length < parts.length) return null;
  return [...new Set(found)].sort((one, other) => (one ?? 0) - (other ?? 0)) as number[];
}

/** Typed days, 1 to 5 digits; `null` where it is no whole number. Rust knows the bounds. */
export function daysOf(typed: string): number | null {
  const value = typed.trim();
  return /^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? Number(value) : null;
}
