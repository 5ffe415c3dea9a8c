// DynamoDB's API on a free loopback port, which is printed; in memory; ends with its standard input.
const dynalite = require(require.resolve('dynalite', { paths: [process.cwd()] }))
const server = dynalite({ createTableMs: 0 })
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
// It throws what a client does that is killed in the middle of a request.
process.on('uncaughtException', (error) => {
  if (error.code !== 'ECONNRESET') throw error
})
process.stdin.on('end', () => process.exit()).resume()
