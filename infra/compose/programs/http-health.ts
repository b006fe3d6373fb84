import { script } from './script.ts'

/** Asks as a client does, by what bash has of its own: starting a program each time would cost more than the answer. */
export function httpHealth(port: number, path: string): string {
  return script(
    `Is ${path} answered with 200?`,
    `exec 3<> /dev/tcp/127.0.0.1/${port}`,
    `printf 'GET ${path} HTTP/1.1\\r\\nhost: health\\r\\nconnection: close\\r\\n\\r\\n' >&3`,
    'read -r _ status _ <&3',
    '[ "$status" = 200 ]',
  )
}
