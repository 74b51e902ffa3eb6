"""What every dataset goes through once it is read: its layout, the choices made, and checks."""
