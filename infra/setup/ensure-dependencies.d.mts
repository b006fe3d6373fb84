export function fetchNode(): Promise<void>
export function lockHash(): string
