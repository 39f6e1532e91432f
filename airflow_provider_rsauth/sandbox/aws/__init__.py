"""The AWS side of the sandbox: moto where moto has the service, our own answers where it has not."""
