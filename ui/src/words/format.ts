/** Numbers and times as text. No `Intl`: its output differs between webviews. */

/** `1284` → `1,284`. */
export function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Tenths of a degree → `36.5`; a dash for a temperature that was erased. */
export function degrees(tenths: number | null): string {
  if (tenths === null) return '—';
  return `${Math.trunc(tenths / 10)}.${Math.abs(tenths % 10)}`;
}

/** A typed temperature such as `37.3` or `373` → tenths; `null` when it is none between 30.0 and 45.0. */
export function tenths(text: string): number | null {
  const parts = /^(\d\d)(?:[.,。，．]?(\d))?$/.exec(text.trim());
  if (!parts) return null;
  const value = Number(parts[1]) * 10 + Number(parts[2] ?? 0);
  return value >= 300 && value <= 450 ? value : null;
}

/** `2026-11-23T10:21:07+08:00` → `10:21:07`. */
export function time(at: string): string {
  return at.slice(11, 19);
}

/** `2026-11-23T10:21:07+08:00` → `10:21`. */
export function hourMinute(at: string): string {
  return at.slice(11, 16);
}

/** `2026-11-23T10:21:07+08:00` → `2026-11-23`. */
export function day(at: string): string {
  return at.slice(0, 10);
}

/** `2026-11-23T10:21:07+08:00` → `2026-11-23 10:21`. */
export function dayTime(at: string): string {
  return `${day(at)} ${hourMinute(at)}`;
}

/** Day of the week of `YYYY-MM-DD`: 0 is Sunday. */
export function weekday(date: string): 0 | 1 | 2 | 3 | 4 | 5 | 6 {
  const index = new Date(`${date}T00:00:00Z`).getUTCDay();
  const days = [0, 1, 2, 3, 4, 5, 6] as const;
  return days[index] ?? 0;
}

/** Milliseconds as `06:12`, minutes and seconds; over an hour `1:06:12`. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const tail = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? tail : `${Math.floor(seconds / 3600)}:${tail}`;
}

/** The device's clock as `10:21:07`. */
export function clock(milliseconds: number): string {
  const now = new Date(milliseconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}

/** The device's date as `2026-11-23`. */
export function today(milliseconds: number): string {
  const now = new Date(milliseconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** Milliseconds as seconds with two digits: `0.09`; what would look like nothing is `<0.01`. */
export function seconds(milliseconds: number): string {
  return milliseconds < 10 ? '<0.01' : (milliseconds / 1000).toFixed(2);
}
