"""Neural collaborative filtering: a factorization and a dense tower over users and items."""
