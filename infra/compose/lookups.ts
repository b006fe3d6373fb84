/**
 * A container that is down has no name: Docker asks for it outside, where none of ours gets, and answers nothing. Whoever looks it up waits,
 * ten seconds where nothing else is said, and in Node so does what comes after the fourth, other names too.
 */
export const LOOKUP_OPTIONS = ['timeout:1', 'attempts:2']
/** More than connections are opened at a time to servers that are away. */
export const LOOKUP_THREADS = { UV_THREADPOOL_SIZE: '32' }
