"""The collapsed frozen-lattice operator: a SevenNet in which only one atom moves.

In every interaction layer of an equivariant message-passing network the message to atom i is

    m_i = Σ_j Σ_images Σ_paths  w_path(r) · C_path · Y_l2(r̂) ⊗ x_j ,

linear in the features x_j of its neighbours: the weights w come from small networks of the distance
r alone, Y are spherical harmonics of the direction from i to j, C Clebsch-Gordan coefficients, and
every channel u of x_j keeps to itself. In a scan only one atom moves, so that for most pairs
nothing but x_j ever changes. Hence, exactly:

1. A pair whose geometry is fixed (two frozen atoms, or the moving ion and its own images) has
   Σ_images w·C·Y summed once into a small matrix per channel and path. All fixed pairs of a
   layer together are one linear map of the features (`pairs`).
2. The features that enter the first layer depend on the species alone, so that its fixed messages
   are a constant, and after it only the ion and its neighbours differ from a lattice in which they
   do not hear of each other. The second layer, linear up to its gate, treats these differences
   alone (`quiet`).
3. What is new at each point are the few vectors between the moving ion and its neighbours. Each
   serves both directions, with the sign (−1)^l2, and images of one neighbour are summed before
   they meet its features (`moving`).
4. The radial networks are tabulated once per model (`radial`).
5. Everything else acts on atoms one by one: linear maps that mix channels, and gates
   (`network` reads them from the model, `layer` applies them). Features are kept as
   [channel, atom, component, point]: each linear map is one matrix product, and everything else
   runs over points that follow each other in memory (`lanes`).

Nothing is neglected: energies differ from the plain network's by rounding alone.
"""
