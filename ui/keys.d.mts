export function keysModule(catalogue: string): string;
