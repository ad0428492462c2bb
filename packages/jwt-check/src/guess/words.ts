/** Secrets that tutorials, templates and frameworks put where a real one belongs, in the order in which they are met. */
export const defaults: readonly string[] = [
  'secret',
  'your-256-bit-secret',
  'your-384-bit-secret',
  'your-512-bit-secret',
  'a-string-secret-at-least-256-bits-long',
  'secretkey',
  'secret-key',
  'secret_key',
  'mysecret',
  'my-secret',
  'my_secret',
  'mysecretkey',
  'my-secret-key',
  'my_secret_key',
  'supersecret',
  'super-secret',
  'super_secret',
  'supersecretkey',
  'super-secret-key',
  'topsecret',
  'top-secret',
  'jwtsecret',
  'jwt-secret',
  'jwt_secret',
  'jwt_secret_key',
  'jwtsecretkey',
  'JWT_SECRET',
  'JWT_SECRET_KEY',
  'SECRET_KEY',
  'SECRET',
  'APP_SECRET',
  'app_secret',
  'app-secret',
  'shhhhh',
  'shhhh',
  'shh',
  'shhhhhhared-secret',
  'keyboard cat',
  'keyboardcat',
  'changeme',
  'change-me',
  'change_me',
  'changeit',
  'change-this',
  'changethis',
  'change this secret',
  'please-change-me',
  'replace-me',
  'replaceme',
  'REPLACE_ME',
  'todo',
  'fixme',
  'none',
  'null',
  'undefined',
  'true',
  'false',
  'test',
  'testing',
  'test-secret',
  'testsecret',
  'test_secret',
  'dev',
  'dev-secret',
  'development',
  'devsecret',
  'local',
  'staging',
  'production',
  'default',
  'default-secret',
  'default_secret',
  'example',
  'example-secret',
  'example_key',
  'sample',
  'demo',
  'demo-secret',
  'foo',
  'bar',
  'baz',
  'foobar',
  'foobarbaz',
  'hello',
  'helloworld',
  'hello world',
  'hello-world',
  'your_jwt_secret',
  'your-jwt-secret',
  'your_secret',
  'your-secret',
  'your_secret_key',
  'your-secret-key',
  'yoursecret',
  'yoursecretkey',
  'yourSecretKey',
  'mySecretKey',
  'secretKey',
  'jwtSecret',
  'jwtKey',
  'privateKey',
  'private_key',
  'private-key',
  'private',
  'accesstoken',
  'access_token_secret',
  'refresh_token_secret',
  'token_secret',
  'tokensecret',
  'token',
  'signingkey',
  'signing-key',
  'signing_key',
  'sign',
  'hmac',
  'hmac-secret',
  'HS256',
  'hs256',
  'thisisasecret',
  'this-is-a-secret',
  'this is a secret',
  'thisismysecret',
  'this is my secret',
  'this_is_a_secret',
  'thisisasecretkey',
  'verysecret',
  'very-secret',
  'very_secret',
  'verysecretkey',
  'notasecret',
  'not-a-secret',
  'not-so-secret',
  'somesecret',
  'some-secret',
  'some_secret',
  'anysecret',
  'random',
  'randomsecret',
  'randomstring',
  'a',
  'ab',
  'abc',
  'abc123',
  'asdf',
  'asdfasdf',
  'password',
  'passw0rd',
  'p@ssw0rd',
  'P@ssw0rd',
  'admin',
  'root',
  'toor',
  'letmein',
  'qwerty',
  '123456',
  '12345678',
  '123456789',
  '1234567890',
  '',
  ' ',
  'gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr9C',
  'SecretKeyMustBeLongEnough',
  'thisissupposedtobeasecret',
  'dontusethisinproduction',
  'do-not-use-in-production',
  'insecure',
  'insecure-secret',
  'unsafe',
  'session-secret',
  'cookie-secret',
  'sessionsecret',
  'cookiesecret',
  'auth-secret',
  'authsecret',
  'auth_secret',
  'NEXTAUTH_SECRET',
  'api-secret',
  'apisecret',
  'api_secret',
  'apikey',
  'api-key',
  'api_key',
  'server-secret',
  'node-secret',
  'express-secret',
  'express',
  'django-insecure',
  'flask',
  'flask-secret',
  'spring',
  'laravel',
  'rails',
  'symfony',
  'ThisTokenIsNotSoSecretChangeIt',
  'base64:',
  'node',
  'nodejs',
  'docker',
]

/** The vocabulary of people who are asked for a secret in a configuration file. */
export const secretWords: readonly string[] =
  'secret key jwt my token auth api app super private public access refresh sign password your the test dev prod user login admin server session cookie web service client master signing shared hmac salt pepper crypto secure top random string default local backend gateway oauth oidc identity company project node team demo example'.split(
    ' ',
  )

/** Common words, names and things that people type when a password is wanted; chosen for being common, from no list. */
export const commonWords: readonly string[] =
  `password pass passwort passwd welcome monkey dragon master shadow sunshine princess football baseball basketball soccer hockey tennis golf iloveyou
trustno1 superman batman spiderman ironman starwars pokemon naruto matrix hunter ranger rocket thunder lightning storm winter summer spring autumn
january february march april june july august september october november december monday tuesday wednesday thursday friday saturday sunday
london paris berlin madrid rome vienna zurich amsterdam brussels lisbon dublin oslo stockholm helsinki moscow istanbul cairo delhi mumbai tokyo
beijing shanghai sydney toronto boston chicago dallas denver houston miami newyork seattle texas florida california germany france england spain
italy austria poland sweden norway finland russia ukraine turkey india china japan korea brazil mexico canada america europe africa australia
michael jennifer thomas jordan daniel andrew joshua matthew anthony william david joseph charles robert james john george peter paul mark simon
martin stefan andreas christian alexander nicolas nicole jessica ashley amanda melissa sarah laura anna maria julia sophie emma olivia hannah
charlie maggie ginger pepper cookie banana orange apple cherry lemon peach mango coffee chocolate cheese pizza burger chicken bacon butter sugar
honey candy vanilla water fire earth wind metal silver golden diamond crystal purple yellow orange green black white blue red pink grey brown
tiger lion eagle falcon hawk wolf bear panda koala rabbit turtle dolphin shark whale penguin horse pony puppy kitten kitty doggy buster bailey
computer internet system network database mysql postgres oracle mongo redis linux ubuntu debian windows apple google facebook twitter amazon
microsoft github gitlab docker kubernetes jenkins java python javascript typescript rust golang ruby kotlin swift react angular svelte vue
express django laravel rails spring flask symfony wordpress magento shopify stripe paypal bitcoin ethereum wallet money cash bank dollar euro
love lover heart angel baby sweet flower rose daisy lily violet garden forest river ocean mountain island beach desert valley moon star stars
galaxy planet saturn jupiter venus mars mercury neptune universe cosmos space alien robot android cyber hacker ninja samurai pirate viking
knight warrior soldier hunter wizard magic merlin gandalf frodo aragorn legolas hobbit vader yoda skywalker solo kenobi enterprise spock kirk
music guitar piano drums metallica nirvana beatles queen abba elvis madonna eminem rockstar rocknroll jazz blues techno dance party summer
freedom liberty justice peace power energy force speed racing ferrari porsche mercedes toyota honda yamaha harley mustang corvette camaro
football liverpool arsenal chelsea barcelona juventus bayern dortmund milan madrid manchester united giants yankees lakers cowboys steelers eagles
mother father sister brother family friend friends buddy bestfriend daddy mommy mama papa grandma children school college student teacher doctor
nurse police lawyer engineer manager director boss chief captain president king queen prince duke lord lady jesus christ god heaven hell devil
lucky happy smile funny crazy stupid silly cool awesome great best winner champion legend hero genius number one two three four five six seven
eight nine ten hundred thousand million zero infinity alpha beta gamma delta epsilon omega sigma theta lambda phoenix titan atlas apollo zeus
athena hermes odin thor loki freya ragnar hercules achilles spartan trojan caesar brutus nero troy roma maverick goose iceman viper cobra python
asdf asdfgh asdfghjkl qwerty qwertz azerty qwert zxcvbn zxcvbnm qazwsx letmein login access open opensesame abracadabra hello hallo bonjour hola
ciao goodbye thanks please sorry nothing something everything anything whatever nobody somebody anybody everybody always never forever today
tomorrow yesterday morning evening night midnight sunset sunrise rainbow cloud clouds rain snow snowball icecream popcorn peanut walnut almond
mustard ketchup tomato potato carrot onion garlic salt vodka whisky whiskey tequila martini corona guinness heineken beer wine champagne
cigar smoke camel marlboro dallas phoenix austin orlando virginia carolina georgia dakota montana nevada arizona oregon alaska hawaii
shop store market sales office home house castle tower bridge street garage kitchen bedroom window door mirror table chair lamp light candle
paper pencil book books library story poem poetry letter email mail phone mobile iphone samsung nokia sony nintendo playstation xbox gamer
game games gaming player minecraft fortnite zelda mario luigi sonic tetris pacman halo doom quake diablo warcraft starcraft counter strike
support help helpdesk guest user users customer operator backup temp tmp new old change reset update upgrade install setup config settings
platform engine module plugin portal dashboard console monitor scanner printer router switch firewall proxy mailserver webserver cluster
production staging testing integration deployment release version build pipeline worker scheduler queue broker stream events billing payment
invoice order orders checkout catalog product products inventory shipping delivery logistics warehouse finance trading exchange crypto health
medical clinic hospital patient insurance travel booking hotel flight ticket airline airport train station taxi bicycle marathon fitness yoga`
    .split(/\s+/)
    .filter((word, index, all) => all.indexOf(word) === index)
