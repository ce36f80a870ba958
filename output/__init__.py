"""The output folder: manifest, bundles, transaction, deployed records and plans."""
