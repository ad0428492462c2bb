/** Why a listener cannot have its address, and what to do; `key` is where the address stands in cloakroom.yaml. */
export function listenFailure(cause: NodeJS.ErrnoException, host: string, port: number, key: string): string {
  switch (cause.code) {
    case 'EADDRINUSE':
      return `${host}:${port} is in use by another program. Stop it, or choose another port with \`${key}\`.`
    case 'EACCES':
      return `${host}:${port} needs a privilege that this user lacks. Choose a port above 1023 with \`${key}\`, or grant CAP_NET_BIND_SERVICE.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine. Correct \`${key}\`.`
    default:
      return `cannot listen on ${host}:${port} (\`${key}\`): ${cause.message}`
  }
}
