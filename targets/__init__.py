"""The targets: the IR to the files a service host needs. They know no MLN."""
