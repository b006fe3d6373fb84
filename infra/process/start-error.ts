/** A reason why a stage cannot run that is meant for people: one clear line, perhaps followed by lines from a log. */
export class StartError extends Error {
  override name = 'StartError'
}
