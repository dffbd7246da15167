package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.KeyMint.Minted;

/** A new key and the present state of the key that it replaces. */
public record Rotated(Minted key, KeyStatus replaced) {}
