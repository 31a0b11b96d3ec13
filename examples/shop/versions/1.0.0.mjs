export const products = Array.from({ length: 20 }, (_, shelf) => ({
  shelf,
  name: `Lamp ${shelf + 1}`,
  price: 20 + shelf,
}))

export const routes = {
  '/': () => ({ message: 'Welcome to the shop' }),
  '/products': () => ({ products }),
}
